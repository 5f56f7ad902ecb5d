"""The engine's methods that undo runs and keep what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.runs.rollback.plan import RollbackPlan


class HasContainer(Protocol):
    """An engine, as far as these methods need it."""

    @property
    def container(self) -> ServiceContainer:
        """Return the services."""


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
        from sparkops.engine.operations.rollback import roll_back
        from sparkops.runs.rollback.planner import RollbackOptions

        options = RollbackOptions(cascade=cascade, include_foreign=include_foreign)
        return roll_back(self.container, run_id, options)

    def plan_rollback(
        self: HasContainer, run_id: str, *, cascade: bool = False, include_foreign: bool = False
    ) -> RollbackPlan:
        """Return what `rollback` would change; it raises what `rollback` would raise."""
        from sparkops.engine.operations.rollback import find_plan
        from sparkops.runs.rollback.planner import RollbackOptions

        options = RollbackOptions(cascade=cascade, include_foreign=include_foreign)
        return find_plan(self.container, run_id, options)
