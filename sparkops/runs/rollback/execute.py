"""Execute the plan of a rollback: every step can be repeated, so that a resumed rollback completes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sparkops.errors import SparkopsError, UnknownName, VersionGone
from sparkops.pipeline.json_values.tables import pin_to_json, published_version_to_json
from sparkops.pipeline.table import Pin, PublishedVersion
from sparkops.runs.records.attempt_files import EmptyRecord
from sparkops.runs.records.publications import OpenPublication, PublicationJournal
from sparkops.runs.records.rollback_mark import mark_in_effect, mark_rolled_back, require_can_be_marked
from sparkops.runs.records.run import utc_now
from sparkops.runs.records.store import Attempt, RunStore
from sparkops.runs.rollback.plan import JOB, AliasChange, RollbackPlan, StateMark, TableRestore


class RestorableTables(Protocol):
    """The tables of a project, which are restored."""

    def pin(self, name: str, *, at: int | None = None) -> Pin:
        """Return a version of a table."""

    def require_restorable(
        self, name: str, version: int | None, *, identity: str, run_id: str, newest: int
    ) -> None:
        """Refuse a table that a run cannot restore, unless it has restored it."""

    def restore(
        self, name: str, version: int | None, *, run_id: str | None, newest: int | None
    ) -> PublishedVersion:
        """Commit a new version of a table that equals an old one, exactly once for a run; None removes all rows."""

    def explain(self, error: BaseException) -> SparkopsError | None:
        """Return the error to show for an error of Spark, Delta or the file system; None for any other error."""


class AliasWriter(Protocol):
    """The aliases of models."""

    def change_aliases(self, change: AliasChange) -> None:
        """Set the aliases of a model, which are those before the change, or already some of those after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackServices:
    """What a rollback uses.

    Args:
        runs: The records.
        publications: The runs that have begun to publish and are not complete.
        tables: The tables.
        aliases: The aliases of models.
        discard_staged: Removes what a run staged.
        on_step: Called with the name of each step before it changes anything.
    """

    runs: RunStore
    publications: PublicationJournal
    tables: RestorableTables
    aliases: AliasWriter
    discard_staged: Callable[[str], None]
    on_step: Callable[[str], None] = lambda _: None


def execute_rollback(plan: RollbackPlan, attempt: Attempt, services: RollbackServices) -> None:
    """Execute a plan, whose tables and models are locked by the caller, and record how it ended.

    Readers see the tables as they were before until all are restored. The runs are marked first, so that none of them
    is resumed or counts as up to date; runs that are in effect again are marked last.

    Args:
        plan: The plan, which the record of the attempt contains already.
        attempt: The attempt of the rollback.
        services: What it uses.

    Raises:
        SparkopsError: What stopped it; it is recorded, and a note on the error names the rollback.
    """
    try:
        _Execution(plan, attempt, services).run()
    except BaseException as error:
        explained = services.tables.explain(error)
        stopped = explained or SparkopsError(f"{type(error).__name__}: {error}")
        attempt.enter_failed(stopped)
        (explained or error).add_note(f"run {attempt.run_id}")
        if explained is None or explained is error:
            raise
        raise explained from error


@dataclass(frozen=True, slots=True)
class _Execution:
    """One attempt of a rollback."""

    plan: RollbackPlan
    attempt: Attempt
    services: RollbackServices

    def run(self) -> None:
        plan, services = self.plan, self.services
        self._require_possible()
        self._begin_step("begin")
        services.publications.begin(
            OpenPublication(
                run=plan.run,
                job=JOB,
                params="",
                before={restore.table: restore.newest for restore in plan.tables},
                is_rollback=True,
            )
        )
        for mark in plan.marks:
            if mark.by is not None:
                self._mark(mark)
        for restore in plan.tables:
            self._restore(restore)
        for change in plan.models:
            self._begin_step(f"aliases of {change.model}")
            services.aliases.change_aliases(change)
        for mark in plan.marks:
            if mark.by is None:
                self._mark(mark)
        self._begin_step("complete")
        for mark in plan.marks:
            services.publications.complete(mark.run)
        self.attempt.enter("done", "ended", ended=utc_now().isoformat())
        services.publications.complete(plan.run)

    def _begin_step(self, name: str) -> None:
        """Announce a step, unless a later attempt of the rollback has begun."""
        self.attempt.require_newest()
        self.services.on_step(name)

    def _require_possible(self) -> None:
        """Refuse, before anything is changed, if a run cannot be marked or a table cannot be restored."""
        for mark in self.plan.marks:
            with suppress(EmptyRecord, UnknownName):
                if mark.by is not None:
                    require_can_be_marked(self.services.runs.read(mark.run))
        for restore in self.plan.tables:
            self.services.tables.require_restorable(
                restore.table,
                restore.version,
                identity=restore.identity,
                run_id=self.plan.run,
                newest=restore.newest,
            )

    def _mark(self, mark: StateMark) -> None:
        self._begin_step(f"mark run {mark.run}")
        # A record that was removed in the meantime needs no mark.
        with suppress(EmptyRecord, UnknownName):
            if mark.by is None:
                mark_in_effect(self.services.runs, mark.run, state=mark.state)
            else:
                mark_rolled_back(self.services.runs, mark.run, by=mark.by)
                self.services.discard_staged(mark.run)

    def _restore(self, restore: TableRestore) -> None:
        tables = self.services.tables
        self._begin_step(f"restore {restore.table}")
        restored = tables.restore(restore.table, restore.version, run_id=self.plan.run, newest=restore.newest)
        if restore.version is not None:
            # A version may be removed once an earlier attempt has restored it.
            with suppress(VersionGone):
                pin = tables.pin(restore.table, at=restore.version)
                self.attempt.append("pinned", inputs={restore.table: pin_to_json(pin)})
        self.attempt.append("published", outputs={restore.table: published_version_to_json(restored)})
