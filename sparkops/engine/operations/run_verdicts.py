"""Save what the checks of a run say about the versions that it published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkops.pipeline.job import Job
from sparkops.pipeline.table import Pin
from sparkops.runs.execution.checked_inputs import summarize_results
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.verdicts import VersionVerdict

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def save_run_verdicts(container: ServiceContainer, job: Job, run: Run) -> None:
    """Save the verdict about each table version of which a run checked every row, and published every row.

    A run that appends, replaces a slice or merges checks only its own rows, and one that quarantines rows publishes
    fewer than it checked: their versions are checked when a verdict is needed. So is a version whose suite depends on
    more than its rows.
    """
    verdicts, checks = container.build_run_context().verdicts, container.suite_runner
    for write in job.writes:
        output, suite = run.outputs.get(write.table), run.work.get(f"checks {write.table}")
        results = tuple(check for check in run.checks if check["table"] == write.table)
        if (
            output is None
            or suite is None
            or write.mode != "overwrite"
            or not _are_all_rows_published(results)
        ):
            continue
        # Only the present suite can be examined, not one that was changed since.
        if checks.hash_suite(write.table) != suite or not checks.is_repeatable(write.table):
            continue
        pin = Pin(
            table=write.table,
            kind="delta",
            location=output["location"],
            version=output["version"],
            identity=output["identity"],
            schema_hash=output["schema_hash"],
        )
        verdict = VersionVerdict(
            table=write.table,
            version=pin.version,
            suite=suite,
            failed=False,
            results=results,
            summary=summarize_results(results),
            run=run.id,
            time=(run.ended or utc_now()).isoformat(),
        )
        verdicts.save(pin, verdict)


def _are_all_rows_published(results: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all rows that were checked were published: only checks that warn failed."""
    return bool(results) and all(result["success"] or result["policy"] == "warn" for result in results)
