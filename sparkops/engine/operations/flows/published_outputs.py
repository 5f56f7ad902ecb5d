"""Find out whether what earlier runs published is still there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparkops.errors import SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.staging import RELEASE_PREFIXES
from sparkops.pipeline.table import Commit
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.runs.records.run_lookup import RunLookup

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# What a write that is not declared any more, such as that of a quarantine, counts as.
_APPEND: Final = Write(table="", mode="append")


@dataclass(frozen=True, slots=True)
class PublishedOutputs:
    """What runs published, compared with what is there; the history of each table is read once.

    Args:
        container: The services.
    """

    container: ServiceContainer
    _commits: dict[str, tuple[Commit, ...]] = field(default_factory=dict)
    # Ids of tables, by table and newest version.
    _identities: dict[tuple[str, int], str] = field(default_factory=dict)

    def find_lost(self, job: Job, run: Run, lookup: RunLookup) -> list[str]:
        """Return what a run published that is not there any more, as clauses.

        Args:
            job: The job.
            run: Its run.
            lookup: The earlier runs.
        """
        if run.report is not None:
            return [] if Path(run.report).is_file() else [f"the page of run {run.id} is gone"]
        if run.registered is not None:
            return self._find_lost_model(run.registered["name"], run.registered["version"])
        writes = {write.table: write for write in job.writes}
        clauses: list[str] = []
        for name, output in run.outputs.items():
            write = replace(writes.get(name, _APPEND), table=name)
            clauses += self._find_lost_version(write, output, run, lookup)
        return clauses

    def _find_lost_model(self, name: str, version: int) -> list[str]:
        try:
            self.container.project.models.resolve(name, version)
        except SparkopsError:
            return [f"version {version} of model `{name}`, which it registered, is gone"]
        return []

    def _find_lost_version(
        self, write: Write, output: Mapping[str, Any], run: Run, lookup: RunLookup
    ) -> list[str]:
        """Return as clauses why what a run published is not in the table any more; empty if it is.

        It is there if each later commit released quarantined rows, or was undone by a rollback, or left its rows as
        they are: a run of the same job with other parameters made it, which appended rows or replaced another slice.

        Args:
            write: How the job writes the table.
            output: The version that the run published.
            run: The run.
            lookup: The earlier runs.
        """
        table, version = write.table, output["version"]
        newest = self.container.tables.describe(table).version
        if newest is None or newest < version:
            return [f"table `{table}`, which it published, is gone"]
        if self._is_another(table, output, newest):
            return [f"`{table}` is another table, which was created since then"]
        later = self._list_later(table, version, newest)
        if len(later) < newest - version:
            return [f"the log of `{table}` does not reach back to what run {run.id} published"]
        for commit in _skip_undone(table, version, later, lookup):
            if (commit.run_id or "").startswith(RELEASE_PREFIXES):
                continue
            other = lookup.read(commit.run_id) if commit.run_id is not None else None
            if other is None or not _keeps_rows(write, run, other):
                by = (
                    f"run {commit.run_id}"
                    if commit.run_id
                    else f"a commit that no run made ({commit.operation})"
                )
                return [f"`{table}` was changed since by {by}"]
        return []

    def _is_another(self, table: str, output: Mapping[str, Any], newest: int) -> bool:
        """Return whether a table was created again since a run published a version of it."""
        identity, pin = str(output.get("identity") or ""), self.container.tables.pin
        if not identity:
            return False
        try:
            if (table, newest) not in self._identities:
                self._identities[table, newest] = pin(table).identity
            # Some writers give a table a new id: then the version itself decides, which takes longer.
            return self._identities[table, newest] != identity and (
                newest == output["version"] or pin(table, at=output["version"]).identity != identity
            )
        except SparkopsError:
            # Its version cannot be read any more.
            return True

    def _list_later(self, table: str, version: int, newest: int) -> list[Commit]:
        """Return the commits after a version."""
        known = self._commits.get(table, ())
        is_known = bool(known) and known[0].version >= newest and known[-1].version <= version + 1
        if newest > version and not is_known:
            known = self._commits[table] = self.container.tables.read_history(table, newest - version)
        return [commit for commit in known if version < commit.version <= newest]


def _skip_undone(table: str, version: int, commits: Sequence[Commit], lookup: RunLookup) -> Iterator[Commit]:
    """Yield the commits after a version, newest first, but for those that a rollback has undone, and its own."""
    undone_from: int | None = None
    for commit in sorted(commits, key=lambda commit: commit.version, reverse=True):
        if undone_from is not None and commit.version >= undone_from:
            continue
        publishing_run = lookup.read(commit.run_id) if commit.run_id is not None else None
        undone_from = _find_first_undone(publishing_run, table)
        if undone_from is None or undone_from <= version:
            undone_from = None
            yield commit


def _find_first_undone(run: Run | None, table: str) -> int | None:
    """Return the first version of a table that a run has undone; None if it is no rollback that is in effect."""
    if run is None or run.rollback is None or run.state not in ("done", "rolled_back"):
        return None
    return next((item["first"] for item in run.rollback["tables"] if item["table"] == table), None)


def _keeps_rows(write: Write, run: Run, other: Run) -> bool:
    """Return whether a later run left the rows of a run in the table."""
    if other.job != run.job or other.params == run.params:
        return False
    if write.mode == "replace":
        return any(_is_other_slice(run.params.get(name), other.params.get(name)) for name in write.by)
    return write.mode == "append"


def _is_other_slice(value: Any, other: Any) -> bool:
    """Return whether two runs replace other slices by their values of one parameter; None limits none."""
    if value is None or other is None:
        return False
    values, others = (item if isinstance(item, list) else [item] for item in (value, other))
    return not any(item in others for item in values)
