"""Remove the records and logs of old runs of a project."""

from __future__ import annotations

from datetime import timedelta

from sparkops.engine.project import LoadedProject
from sparkops.runs.records.prune import OldRun, RunPruner
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run_key import RunKeys


def prune_runs(project: LoadedProject, *, keep: timedelta, dry_run: bool) -> tuple[OldRun, ...]:
    """Remove the runs that ended longer ago than `keep`, and return what was, or would be, removed."""
    state = project.settings.state
    pruner = RunPruner(
        runs=project.runs,
        publications=PublicationJournal(state / "publishing"),
        keys=RunKeys(state / "keys"),
    )
    old = pruner.find_old(keep)
    return old if dry_run else pruner.remove(old)
