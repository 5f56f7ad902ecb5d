"""Select what is rolled back together with a run, and find what prevents its rollback.

Whatever was committed to a table after the run, and whatever read what the run wrote, belongs to it: it is rolled back,
too, or the rollback is refused. Commits that an earlier rollback has undone do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkops.pipeline.staging import QUARANTINE_SUFFIX, RELEASE_PREFIXES
from sparkops.pipeline.table import Commit
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.rollback.evidence import ModelRegistration, RollbackEvidence, TableHistory
from sparkops.runs.rollback.plan import ForeignCommit


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Something that prevents a rollback.

    Args:
        kind: `later` work that can be rolled back, too; a `foreign` commit; or something `open` that has to end first.
        id: Id of the run or release; empty for a foreign commit.
        text: What it is and did, for the message.
        commit: The foreign commit.
    """

    kind: Literal["later", "foreign", "open"]
    id: str
    text: str
    commit: ForeignCommit | None = None


@dataclass(slots=True)
class RollbackGroup:
    """The runs and releases that are rolled back together.

    Args:
        runs: All records by id.
        evidence: Reads tables and models.
        open_rollbacks: Ids of rollbacks that have begun to change tables and are not complete.
        members: Ids of the group; None for a release, which has no record.
        foreign: Commits of other writers that are undone, too.
    """

    runs: Mapping[str, Run]
    evidence: RollbackEvidence
    open_rollbacks: frozenset[str] = frozenset()
    members: dict[str, Run | None] = field(default_factory=dict)
    foreign: dict[tuple[str, int], ForeignCommit] = field(default_factory=dict)
    _histories: dict[str, TableHistory | None] = field(default_factory=dict)
    _registrations: dict[str, ModelRegistration | None] = field(default_factory=dict)

    def add(self, member: str) -> None:
        """Add a run or a release; of a fan-out or a rollback, also its parts and their parts.

        Parts that another rollback has undone stay undone by it.
        """
        run = self.runs.get(member)
        self.members[member] = run
        for item in run.items if run else ():
            part = self.runs.get(item["run"])
            if part is not None and part.state != "rolled_back" and part.id not in self.members:
                self.add(part.id)

    def grow(self, *, cascade: bool, include_foreign: bool) -> list[Blocker]:
        """Add everything that depends on the group, directly or not; return what prevents the rollback.

        Without `cascade`, everything that was added prevents it.
        """
        blockers: dict[tuple[str, str, str], Blocker] = {}
        while True:
            remaining: dict[tuple[str, str, str], Blocker] = {
                (item.kind, item.id, item.text): item for item in self._find_blockers()
            }
            size = len(self.members) + len(self.foreign)
            for blocker in remaining.values():
                if blocker.kind == "later":
                    self.add(blocker.id)
                elif blocker.commit is not None and include_foreign:
                    self.foreign[blocker.commit.table, blocker.commit.version] = blocker.commit
            blockers |= remaining
            if len(self.members) + len(self.foreign) == size:
                break
        if not cascade:
            return [item for item in blockers.values() if item.commit is None or not include_foreign]
        return list(remaining.values())

    def list_tables(self) -> list[tuple[TableHistory, int]]:
        """Return the tables that the group changed, each with the first version that it made."""
        names = {name: None for member, run in self.members.items() for name in self._list_names(member, run)}
        histories = [history for name in names if (history := self.find_history(name)) is not None]
        return [
            (history, min(versions))
            for history in histories
            if (versions := [commit.version for commit in history.commits if commit.run_id in self.members])
        ]

    def list_registrations(self) -> list[ModelRegistration]:
        """Return the model versions that the group registered, newest first."""
        registrations = [
            registration
            for run in self.members.values()
            if run is not None and (registration := self._find_registration(run)) is not None
        ]
        return sorted(registrations, key=lambda registration: registration.version, reverse=True)

    def has_results(self, member: str) -> bool:
        """Return whether a member changed or made anything."""
        run = self.members[member]
        if run is None or run.report or run.rollback or self._find_registration(run):
            return True
        return self._has_commits(member, run)

    def _has_commits(self, member: str, run: Run) -> bool:
        """Return whether the log of a table has a commit of a run, whatever its record says."""
        return any(
            commit.run_id == member
            for name in self._list_names(member, run)
            if (history := self.find_history(name)) is not None
            for commit in history.commits
        )

    def find_history(self, table: str) -> TableHistory | None:
        """Return the history of a table, which is read once; None if there is no Delta table of that name."""
        if table not in self._histories:
            self._histories[table] = self.evidence.find_history(table)
        return self._histories[table]

    def _list_names(self, member: str, run: Run | None) -> Sequence[str]:
        if run is None:
            return self.evidence.find_release(member)
        if run.rollback is not None:
            return [item["table"] for item in run.rollback["tables"]]
        return self.evidence.list_written(run)

    def _find_registration(self, run: Run) -> ModelRegistration | None:
        if run.id not in self._registrations:
            self._registrations[run.id] = self.evidence.find_registration(run)
        return self._registrations[run.id]

    def _find_blockers(self) -> Iterator[Blocker]:
        for history, first in self.list_tables():
            yield from self._find_later_commits(history, first)
            yield from self._find_open_rollbacks(history.table)
            for run in self._list_others():
                pin = run.inputs.get(history.table)
                if pin is not None and _reads(pin, history, first):
                    yield from self._describe_reader(run, f"read `{history.table}` version {pin['version']}")
        for registration in self.list_registrations():
            yield from self._find_users(registration)
            yield from self._find_later_versions(registration)

    def _list_others(self) -> Iterator[Run]:
        """Yield the runs that are in effect, or may come into effect, without the group; a replay publishes nothing."""
        for run in self.runs.values():
            is_other = run.id not in self.members and run.rollback is None and not run.replay
            if is_other and run.state != "rolled_back":
                yield run

    def _find_later_commits(self, history: TableHistory, first: int) -> Iterator[Blocker]:
        undone = self._list_undone(history.table, first)
        for commit in reversed(history.changes):
            is_counted = commit.version > first and commit.run_id not in self.members
            if is_counted and not any(start <= commit.version <= end for start, end in undone):
                blocker = self._describe_commit(history.table, commit)
                if blocker.commit is None or (history.table, commit.version) not in self.foreign:
                    yield blocker

    def _list_undone(self, table: str, first: int) -> list[tuple[int, int]]:
        """Return the ranges of versions after `first` that a rollback outside of the group has undone, with its own."""
        return [
            (item["first"], run.outputs[table]["version"])
            for run in self.runs.values()
            if run.rollback is not None and run.state == "done" and run.id not in self.members
            for item in run.rollback["tables"]
            if item["table"] == table and item["first"] > first and table in run.outputs
        ]

    def _describe_commit(self, table: str, commit: Commit) -> Blocker:
        text = f"made version {commit.version} of `{table}`"
        run = self.runs.get(commit.run_id or "")
        if run is not None and (run.state in ACTIVE or run.batches):
            return _describe_open(run, text)
        if run is not None:
            return Blocker(kind="later", id=run.id, text=f"run {run.id} ({run.job}) {text}")
        if commit.run_id and commit.run_id.startswith(RELEASE_PREFIXES):
            return Blocker(kind="later", id=commit.run_id, text=f"{commit.run_id} {text}")
        writer = (
            f"run {commit.run_id}, which this project does not record," if commit.run_id else "another writer"
        )
        foreign = ForeignCommit(table=table, version=commit.version, operation=commit.operation)
        facts = f"{commit.operation}, {commit.time:%Y-%m-%d %H:%M}Z"
        return Blocker(kind="foreign", id="", text=f"{writer} {text} ({facts})", commit=foreign)

    def _find_open_rollbacks(self, table: str) -> Iterator[Blocker]:
        for run in self.runs.values():
            if (
                run.rollback is None
                or run.id not in self.open_rollbacks
                or run.state in ("done", "rolled_back")
            ):
                continue
            base = table.removesuffix(QUARANTINE_SUFFIX)
            if any(item["table"].removesuffix(QUARANTINE_SUFFIX) == base for item in run.rollback["tables"]):
                text = f"rollback {run.id} of `{table}` is not complete: `sparkops runs resume {run.id}`"
                yield Blocker(kind="open", id=run.id, text=text)

    def _find_users(self, registration: ModelRegistration) -> Iterator[Blocker]:
        for run in self._list_others():
            if run.models.get(registration.model) == registration.version:
                yield from self._describe_reader(
                    run, f"used model `{registration.model}/{registration.version}`"
                )

    def _describe_reader(self, run: Run, text: str) -> Iterator[Blocker]:
        """Yield the blocker of a run that read something, if it made, or may make, something from it.

        One that stopped between a commit and its record has made something; one that made nothing is not resumed.
        """
        if run.state in ACTIVE or run.batches:
            yield _describe_open(run, text)
        elif run.outputs or run.registered or run.report or self._has_unrecorded_results(run):
            yield Blocker(kind="later", id=run.id, text=f"run {run.id} ({run.job}) {text}")

    def _has_unrecorded_results(self, run: Run) -> bool:
        is_incomplete = run.state not in ("done", "skipped")
        return is_incomplete and (self._has_commits(run.id, run) or self._find_registration(run) is not None)

    def _find_later_versions(self, registration: ModelRegistration) -> Iterator[Blocker]:
        for run in self._list_others():
            later = run.registered
            if (
                later is not None
                and later["name"] == registration.model
                and later["version"] > registration.version
            ):
                text = f"run {run.id} ({run.job}) registered `{later['name']}/{later['version']}`"
                yield Blocker(kind="later", id=run.id, text=text)


def _reads(pin: Mapping[str, Any], history: TableHistory, first: int) -> bool:
    """Return whether an input is a version that contains what the group wrote."""
    version = pin["version"]
    return version is not None and pin["identity"] == history.identity and version >= first


def _describe_open(run: Run, text: str) -> Blocker:
    if run.state in ACTIVE:
        reason = "is not finished: wait for it, or cancel it"
    else:
        reason = "is a run of a stream, which is not rolled back"
    return Blocker(kind="open", id=run.id, text=f"run {run.id} ({run.job}) {text}, and {reason}")
