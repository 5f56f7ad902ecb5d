"""Progress of a run on a pipe."""

from __future__ import annotations

import io
import logging

import pytest

from sparkops.cli.display.progress import ProgressDisplay
from sparkops.errors import ChecksFailed, JobFailed, RunCancelled, SparkopsError
from sparkops.runs.records.run import Run


@pytest.mark.parametrize(
    ("error", "how"),
    [(RunCancelled(), "cancelled"), (ChecksFailed(), "checks failed"), (JobFailed(), "failed")],
)
def test_a_failed_run_is_shown_with_how_it_ended(error: SparkopsError, how: str) -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.run_started("daily").failed(error)
    assert out.getvalue().startswith(f"daily: started\n✗ daily {how} after ")


def test_warnings_of_sparkops_are_shown_while_it_runs_and_not_after() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.run_started("daily")
        logging.getLogger("sparkops.tables").warning("Source `%s` is read as it is now.", "raw")
        logging.getLogger("py4j").warning("not ours")
    logging.getLogger("sparkops.tables").warning("after")
    assert out.getvalue() == "daily: started\n! Source `raw` is read as it is now.\n"


def test_runs_beside_each_other_have_lines_of_their_own() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        first, second = progress.run_started("daily"), progress.run_started("monthly [month=3]")
        first.step_started("compute")
        second.step_started("check")
        assert first.describe().startswith("daily: computing  0.")
        assert second.describe().startswith("monthly [month=3]: checking  0.")
        second.finished(Run(id="r2", job="monthly", state="done"))
        first.failed(JobFailed("no"))
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["daily: started", "monthly [month=3]: started"]
    assert lines[2].startswith("✓ monthly [month=3] done in ")
    assert lines[3].startswith("✗ daily failed after ")
