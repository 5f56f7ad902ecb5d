from datetime import UTC, datetime, timedelta

import pytest

from sparkops.errors import UnknownName, VersionGone
from sparkops.pipeline.table import Commit
from sparkops.tables.versions import find_version_as_of, require_version

NOON = datetime(2013, 7, 4, 12, tzinfo=UTC)
COMMITS = [
    Commit(version=v, time=NOON + timedelta(hours=v), operation="WRITE", rows=1, run_id=None)
    for v in (4, 3, 2)
]


def test_a_moment_between_two_commits_means_the_earlier():
    assert find_version_as_of("t", NOON + timedelta(hours=3, minutes=59), COMMITS, oldest=2, newest=4) == 3


def test_a_moment_before_the_oldest_version_is_refused():
    with pytest.raises(VersionGone, match="oldest version that can be read, 2"):
        find_version_as_of("t", NOON, COMMITS, oldest=2, newest=4)


@pytest.mark.parametrize(("at", "error"), [(5, UnknownName), (-1, UnknownName), (1, VersionGone)])
def test_a_version_outside_the_log_is_refused(at, error):
    with pytest.raises(error):
        require_version("t", at, oldest=2, newest=4)
