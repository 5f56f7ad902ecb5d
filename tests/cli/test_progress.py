"""Progress of a run on a pipe."""

from __future__ import annotations

import io
import logging

import pytest

from sparkops.cli.display.progress import ProgressDisplay
from sparkops.errors import ChecksFailed, JobFailed, RunCancelled, SparkopsError


@pytest.mark.parametrize(
    ("error", "how"),
    [(RunCancelled(), "cancelled"), (ChecksFailed(), "checks failed"), (JobFailed(), "failed")],
)
def test_a_failed_run_is_shown_with_how_it_ended(error: SparkopsError, how: str) -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.run_started("daily")
        progress.run_failed("daily", error)
    assert out.getvalue().startswith(f"daily: started\n✗ daily {how} after ")


def test_warnings_of_sparkops_are_shown_while_it_runs_and_not_after() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.run_started("daily")
        logging.getLogger("sparkops.tables").warning("Source `%s` is read as it is now.", "raw")
        logging.getLogger("py4j").warning("not ours")
    logging.getLogger("sparkops.tables").warning("after")
    assert out.getvalue() == "daily: started\n! Source `raw` is read as it is now.\n"
