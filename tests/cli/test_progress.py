"""Progress of a run on a pipe."""

from __future__ import annotations

import io
import logging

import pytest

from sparkops.cli.display.progress import Live
from sparkops.errors import ChecksFailed, JobFailed, RunCancelled, SparkopsError


@pytest.mark.parametrize(
    ("error", "how"),
    [(RunCancelled(), "cancelled"), (ChecksFailed(), "checks failed"), (JobFailed(), "failed")],
)
def test_a_job_that_stopped_is_told_by_how_it_stopped(error: SparkopsError, how: str) -> None:
    out = io.StringIO()
    with Live(out) as live:
        live.begins("daily")
        live.stopped("daily", error)
    assert out.getvalue().startswith(f"daily: started\n✗ daily {how} after ")


def test_what_sparkops_warns_of_is_told_while_it_runs_and_not_after() -> None:
    out = io.StringIO()
    with Live(out) as live:
        live.begins("daily")
        logging.getLogger("sparkops.tables").warning("Source `%s` is read as it is now.", "raw")
        logging.getLogger("py4j").warning("not ours")
    logging.getLogger("sparkops.tables").warning("after")
    assert out.getvalue() == "daily: started\n! Source `raw` is read as it is now.\n"
