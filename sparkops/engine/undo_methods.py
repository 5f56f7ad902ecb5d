"""The engine's methods that undo runs and keep what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from sparkops.engine.has_container import HasContainer
    from sparkops.engine.operations.undo.retention import RunCopies
    from sparkops.runs.records.run import Run
    from sparkops.runs.retention.at_risk import InputAtRisk
    from sparkops.runs.rollback.plan import RollbackPlan


class UndoMethods:
    """Methods of `Engine` that undo runs. Spark is started only where a table needs it."""

    def rollback(
        self: HasContainer, run_id: str, *, cascade: bool = False, include_foreign: bool = False
    ) -> Run:
        """Roll back a run: every table that it wrote, and every alias that it set, returns to what it was before.

        Rolling back the returned run brings back what it undid.

        Args:
            run_id: The run, a rollback, or the id of a release of quarantined rows.
            cascade: Roll back what depends on it, too: later runs and releases.
            include_foreign: Also undo later commits of other writers.

        Raises:
            InputError: Something prevents it, which the message lists; nothing was changed.
            VersionGone: A version to which a table would return was removed; nothing was changed.
            SparkopsError: What stopped it; `resume` of the rollback completes it.
        """
        from sparkops.engine.operations.undo.rollback import roll_back
        from sparkops.runs.rollback.planner import RollbackOptions

        options = RollbackOptions(cascade=cascade, include_foreign=include_foreign)
        return roll_back(self.container, run_id, options)

    def plan_rollback(
        self: HasContainer, run_id: str, *, cascade: bool = False, include_foreign: bool = False
    ) -> RollbackPlan:
        """Return what `rollback` would change; it raises what `rollback` would raise."""
        from sparkops.engine.operations.undo.rollback import find_plan
        from sparkops.runs.rollback.planner import RollbackOptions

        options = RollbackOptions(cascade=cascade, include_foreign=include_foreign)
        return find_plan(self.container, run_id, options)

    def runs_at_risk(
        self: HasContainer, *, job: str | None = None, within: timedelta | None = None
    ) -> tuple[InputAtRisk, ...]:
        """Return the inputs of runs that are gone, or that VACUUM or the clean-up of the log may remove, with dates.

        Args:
            job: Only runs of this job.
            within: Only what may be removed within this time, or is gone.
        """
        from sparkops.engine.operations.undo.retention import list_runs_at_risk

        return list_runs_at_risk(self.container, job=job, within=within)

    def keep_run(
        self: HasContainer, run_id: str, *, inputs_only: bool = False, dry_run: bool = False
    ) -> RunCopies:
        """Copy the table versions that a run read and wrote, which VACUUM would remove, and protect its record.

        Args:
            run_id: The run.
            inputs_only: Copy what it read, and not what it wrote.
            dry_run: Copy nothing, and return what would be copied, with its size.

        Raises:
            InputError: The run has not ended, or read and wrote no versions.
            VersionGone: A version is gone already.
        """
        from sparkops.engine.operations.undo.retention import copy_needed_versions

        return copy_needed_versions(self.container, run_id, inputs_only=inputs_only, dry_run=dry_run)

    def release_run(self: HasContainer, run_id: str, *, dry_run: bool = False) -> RunCopies:
        """Remove the copies that `keep_run` made and that no other run needs, and end the protection of the record."""
        from sparkops.engine.operations.undo.retention import release_copies

        return release_copies(self.container, run_id, dry_run=dry_run)

    def copies(self: HasContainer) -> tuple[RunCopies, ...]:
        """Return the runs for which versions are copied, newest first, with the copies and their sizes."""
        from sparkops.engine.operations.undo.retention import list_copies

        return list_copies(self.container)
