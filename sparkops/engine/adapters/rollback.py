"""What rollbacks read and change, on the tables, records and model registry of a project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sparkops.engine.adapters.fan_out_item import make_job_of_run
from sparkops.engine.project import LoadedProject
from sparkops.errors import SparkopsError, UnknownName
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.registry.registry import Registry
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import Run
from sparkops.runs.rollback.evidence import ModelRegistration, TableHistory
from sparkops.runs.rollback.plan import AliasChange, Aliases
from sparkops.tables import Tables


@dataclass(frozen=True, slots=True)
class ProjectEvidence:
    """Implements the ports of rollbacks: `RollbackEvidence`, `VersionReader` and `AliasWriter`.

    Args:
        project: The project, whose declared jobs and journal tell which tables an incomplete run may have written.
        tables: Its tables.
        registry: Returns the model registry; called only where a model is involved.
    """

    project: LoadedProject
    tables: Tables
    registry: Callable[[], Registry]

    def list_written(self, run: Run) -> Sequence[str]:
        """Return the tables, with their quarantines, that a run may have written."""
        names = dict.fromkeys(run.outputs)
        if run.state != "done":
            names |= dict.fromkeys(self._list_possible(run))
        bases = dict.fromkeys(name.removesuffix(QUARANTINE_SUFFIX) for name in names)
        return [name for base in bases for name in (base, base + QUARANTINE_SUFFIX)]

    def find_history(self, table: str) -> TableHistory | None:
        """Return the history of a table; None if there is no Delta table of that name."""
        try:
            pin = self.tables.pin(table)
        except UnknownName:
            return None
        if pin.kind != "delta":
            return None
        return TableHistory(table=table, identity=pin.identity, commits=self.tables.read_history(table, None))

    def find_release(self, release: str) -> Sequence[str]:
        """Return the table and the quarantine of a release; empty if there is no such release."""
        # A table with a configured path has its quarantine beside it, where `tables.list` does not look.
        infos = [info for info in self.tables.list() if info.exists and info.kind == "delta"]
        for base in dict.fromkeys(info.name.removesuffix(QUARANTINE_SUFFIX) for info in infos):
            history = self.find_history(base + QUARANTINE_SUFFIX)
            if history is not None and any(commit.run_id == release for commit in history.commits):
                return [base, base + QUARANTINE_SUFFIX]
        return []

    def find_registration(self, run: Run) -> ModelRegistration | None:
        """Return the model version that a run registered, or None."""
        identified = self._identify_registration(run)
        if identified is None:
            return None
        model, version = identified
        change = self.registry().find_alias_change(model, version)
        if change is None:
            return None
        return ModelRegistration(model=model, version=version, before=change[0], after=change[1])

    def read_aliases(self, model: str) -> Aliases:
        """Return the present aliases of a model."""
        return self.registry().read_alias_state(model)

    def require_version(self, table: str, version: int) -> None:
        """Raise VersionGone if the log or a file of a version was removed."""
        self.tables.require_version(table, version)

    def find_identity(self, table: str, version: int) -> str | None:
        """Return Delta's id of a table at a version, or None if that cannot be read."""
        try:
            self.tables.require_version(table, version)
            return self.tables.pin(table, at=version).identity
        except SparkopsError:
            return None

    def list_model_versions(self, model: str) -> Collection[int]:
        """Return the versions that a model has; none if there is no such model."""
        try:
            return [info.version for info in self.registry().list_versions(model)]
        except UnknownName:
            return ()

    def change_aliases(self, change: AliasChange) -> None:
        """Set the aliases of a model back."""
        self.registry().write_alias_state(change.model, before=change.before, after=change.after)

    def _list_possible(self, run: Run) -> Iterator[str]:
        """Yield the tables that a run which is not complete may have written without having recorded that."""
        journal = PublicationJournal.of_state(self.project.settings.state)
        for publication in journal.list_open():
            if publication.run == run.id:
                yield from publication.before
        for job in self.project.declared.values():
            if job.name == run.job:
                yield from (write.table for write in job.writes)

    def _identify_registration(self, run: Run) -> tuple[str, int] | None:
        if run.registered is not None:
            return run.registered["name"], run.registered["version"]
        if run.state == "done":
            return None
        for job in self.project.declared.values():
            if job.name != run.job or job.registers is None:
                continue
            with suppress(SparkopsError):
                name = str(make_job_of_run(job, run, self.project.runs).registers)
                for info in self.project.models.list_versions(name):
                    if info.run_id == run.id:
                        return name, info.version
        return None
