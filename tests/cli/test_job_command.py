"""Arguments of a job on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import click
import pytest

from sparkops.cli.jobs.job_options import parse_loose_options
from sparkops.cli.jobs.read_versions import parse_time, parse_versions
from sparkops.errors import InputError


def test_loose_options_are_pairs_of_name_and_value() -> None:
    words = ["--max-iter", "3", "--name=a=b", "--flag", "--last", "x"]
    assert parse_loose_options(words) == {"max_iter": "3", "name": "a=b", "flag": "", "last": "x"}


def test_a_value_without_a_name_is_refused() -> None:
    with pytest.raises(click.UsageError, match="Unexpected `2013-07-04`"):
        parse_loose_options(["2013-07-04"])


def test_versions_are_whole_numbers() -> None:
    assert parse_versions(["flights=12", "late=3"]) == {"flights": 12, "late": 3}
    for word in ("flights", "=3", "flights=new"):
        with pytest.raises(InputError, match=f"not `{word}`"):
            parse_versions([word])


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse_time(None) is None
    assert parse_time("2013-06-01") == datetime(2013, 6, 1, tzinfo=UTC)
    zone = timezone(timedelta(hours=2))
    assert parse_time("2013-06-01T12:00:00+02:00") == datetime(2013, 6, 1, 12, tzinfo=zone)
    with pytest.raises(InputError, match="not `noon`"):
        parse_time("noon")
