"""Plan the rollback of a run, or refuse it with everything that prevents it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sparkops.errors import InputError, VersionGone, as_clause
from sparkops.pipeline.staging import RELEASE_PREFIXES
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.rollback.abandonment import is_incomplete_rollback, plan_abandonment
from sparkops.runs.rollback.evidence import ModelRegistration
from sparkops.runs.rollback.plan import AliasChange, Aliases, RollbackPlan, StateMark, TableRestore, UndoneRun
from sparkops.runs.rollback.selection import Blocker, RollbackGroup

_ALIASES: Final = ("previous", "champion", "challenger")
# Blockers that a message lists.
_MAX_BLOCKERS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackOptions:
    """What a rollback may undo beside the run.

    Args:
        cascade: Later runs and releases that depend on the run.
        include_foreign: Later commits of other writers.
    """

    cascade: bool = False
    include_foreign: bool = False


class VersionReader(Protocol):
    """Reads versions of tables."""

    def require_version(self, table: str, version: int) -> None:
        """Raise VersionGone if the log or a file of a version was removed."""

    def find_identity(self, table: str, version: int) -> str | None:
        """Return Delta's id of a table at a version, or None if that cannot be read."""

    def list_model_versions(self, model: str) -> Collection[int]:
        """Return the versions that a model has; none if there is no such model."""


class RollbackRefused(InputError):
    """Something prevents a rollback; nothing was changed.

    Args:
        label: The run or release, for the message.
        blockers: Everything that prevents it.
    """

    def __init__(self, label: str, blockers: Sequence[Blocker]) -> None:
        self.blockers = tuple(blockers)
        lines = [f"  - {blocker.text}" for blocker in blockers[:_MAX_BLOCKERS]]
        lines += [f"  - and {len(blockers) - _MAX_BLOCKERS:,} more"] if len(blockers) > _MAX_BLOCKERS else []
        kinds = {blocker.kind for blocker in blockers}
        advice = []
        if "later" in kinds:
            advice.append("--cascade rolls back what depends on it, too, newest first.")
        if "foreign" in kinds:
            advice.append("--include-foreign also removes the commits of other writers.")
        super().__init__(
            "\n".join(
                [f"{label} cannot be rolled back; nothing was changed.", *lines, " ".join(advice)]
            ).rstrip()
        )


def plan_rollback(
    rollback_id: str, target: str, group: RollbackGroup, versions: VersionReader, options: RollbackOptions
) -> RollbackPlan:
    """Return the plan of a rollback; for an incomplete rollback that restored nothing, the plan that gives it up.

    Args:
        rollback_id: Id of the rollback.
        target: Id of a run or release.
        group: An empty group, which is filled.
        versions: Reads versions of tables and models.
        options: What else may be rolled back.

    Raises:
        RollbackRefused: Later or open runs, or commits of other writers, prevent it.
        InputError: The run cannot be rolled back.
        VersionGone: A version to which a table would return was removed.
    """
    run = group.runs.get(target)
    if run is not None and is_incomplete_rollback(run):
        return plan_abandonment(rollback_id, run, group)
    group.add(target)
    _require_can_be_undone(target, group)
    blockers = group.grow(cascade=options.cascade, include_foreign=options.include_foreign)
    label = f"Run {target}" if group.members[target] is not None else target
    if blockers:
        raise RollbackRefused(label, blockers)
    _require_recorded_versions(label, group, versions)
    if not any(map(group.has_results, group.members)):
        raise InputError(f"{label} published nothing, so there is nothing to roll back.")
    for run in group.members.values():
        _require_complete_restoration(run)
    tables = list(_plan_restores(group))
    _require_versions(label, tables, versions)
    undone = _list_undone(target, group)
    return RollbackPlan(
        run=rollback_id,
        runs=tuple(_make_undone_run(member, group.members[member]) for member in undone),
        tables=tuple(sorted(tables, key=lambda item: item.table)),
        models=tuple(_plan_alias_changes(label, group, versions)),
        marks=tuple(_list_marks(undone, group, rollback_id)),
        foreign=tuple(group.foreign.values()),
    )


def _list_undone(target: str, group: RollbackGroup) -> list[str]:
    """Return the runs and releases that are undone, newest first; fan-outs, which have no results, are among them."""
    undone = [
        member
        for member, run in group.members.items()
        if member == target or (run is not None and run.items) or group.has_results(member)
    ]
    return sorted(undone, key=_get_time_key, reverse=True)


def _require_can_be_undone(target: str, group: RollbackGroup) -> None:
    """Refuse a run that was rolled back already, is active, or read a stream.

    Raises:
        InputError: It is one of these, or a release has no rows in a quarantine.
    """
    run = group.members[target]
    if run is None:
        if not group.list_tables():
            raise InputError(f"No quarantine has rows of {target}, so there is nothing to roll back.")
        return
    if run.state == "rolled_back":
        raise InputError(
            f"Run {run.id} was rolled back already, by run {run.rolled_back}: "
            f"`sparkops rollback {run.rolled_back}` takes that back."
        )
    for member in group.members.values():
        if member is not None and member.state in ACTIVE:
            raise InputError(
                f"Run {member.id} is not finished ({member.state}): wait for it, or cancel it first."
            )
        if member is not None and (member.batches or "stream" in member.timings):
            raise InputError(
                f"Run {member.id} read a stream, and is not rolled back: the stream would go on after its batches, and "
                f"their rows would be lost. `sparkops tables restore` restores its table, `sparkops streams reset "
                f"{member.job}` lets the stream begin again."
            )


def _require_complete_restoration(run: Run | None) -> None:
    """Refuse to take back the rollback of a run that was not complete: it would be half published again.

    Raises:
        InputError: The run was not complete.
    """
    for item in _read_rollback(run, "runs"):
        if item["state"] not in ("done", ""):
            raise InputError(
                f"Rollback {run.id if run else ''} undid run {item['run']}, which was not complete "
                f"({item['state']}): it is not published again. Run `{item['job']}` instead."
            )


def _read_rollback(run: Run | None, key: str) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a key in the plan of a rollback; none for any other run."""
    return run.rollback[key] if run is not None and run.rollback is not None else ()


def _plan_restores(group: RollbackGroup) -> Iterator[TableRestore]:
    """Yield the restore of each table, to the version before the first one that is undone."""
    for history, first in group.list_tables():
        yield TableRestore(
            table=history.table,
            identity=history.identity,
            first=first,
            newest=history.commits[0].version,
            version=first - 1 if first > 0 else None,
        )


def _require_recorded_versions(label: str, group: RollbackGroup, versions: VersionReader) -> None:
    """Refuse a rollback that cannot undo all versions that its runs recorded as theirs.

    Raises:
        InputError: A table does not exist any more, or was created again.
        VersionGone: The log of a table no longer has what a run committed.
    """
    firsts = {history.table: first for history, first in group.list_tables()}
    for run in filter(None, group.members.values()):
        for table, output in run.outputs.items():
            version = output["version"]
            history = group.find_history(table)
            # Some writers give a table a new id; then the id of the version itself decides.
            is_same = history is not None and output["identity"] in (
                history.identity,
                versions.find_identity(table, version),
            )
            if history is None or not is_same:
                change = "does not exist any more" if history is None else "was created again since"
                raise InputError(
                    f"{label} cannot be rolled back; nothing was changed. Table `{table}`, whose version {version} "
                    f"run {run.id} made, {change}, so it has no version before the run. "
                    "`sparkops tables restore` restores the other tables."
                )
            if version < firsts.get(table, history.commits[-1].version):
                raise VersionGone(
                    f"{label} cannot be rolled back; nothing was changed. The log of table `{table}` no longer has "
                    f"version {version}, which run {run.id} made, so the version before it cannot be restored."
                )


def _require_versions(label: str, tables: Sequence[TableRestore], versions: VersionReader) -> None:
    """Refuse a rollback, before anything is changed, if a version that it needs was removed.

    Raises:
        VersionGone: With every such table.
    """
    problems = []
    for restore in tables:
        try:
            if restore.version is not None:
                versions.require_version(restore.table, restore.version)
        except VersionGone as error:
            problems.append(f"  - {as_clause(error)}.")
    if problems:
        raise VersionGone("\n".join([f"{label} cannot be rolled back; nothing was changed.", *problems]))


def _make_undone_run(member: str, run: Run | None) -> UndoneRun:
    # A release has no run; its id begins with what is shown as its job: `release` or `discard`.
    if run is None:
        return UndoneRun(run=member, job=member.partition("-")[0], state="")
    return UndoneRun(run=run.id, job=run.job, state=run.state)


def _get_time_key(member: str) -> str:
    """Return the key that sorts runs and releases by their start: the id, which begins with a time, without prefix."""
    prefix = next((prefix for prefix in RELEASE_PREFIXES if member.startswith(prefix)), "")
    return member.removeprefix(prefix)


def _list_marks(undone: Sequence[str], group: RollbackGroup, rollback_id: str) -> Collection[StateMark]:
    """Return one mark for each run; of a run that is both undone and in effect again, that of the oldest member."""
    runs = [member for member in undone if group.members[member] is not None]
    marks = (mark for run_id in runs for mark in _mark_run(run_id, group, rollback_id))
    return {mark.run: mark for mark in marks}.values()


def _mark_run(run_id: str, group: RollbackGroup, by: str | None) -> Iterator[StateMark]:
    """Yield the mark of a run, and if it is a rollback, the opposite mark of each run that it undid, and so on.

    Args:
        run_id: The run.
        group: All records.
        by: The rollback that undoes the run; None if the run is in effect again.
    """
    run = group.runs.get(run_id)
    if run is None:
        return
    yield StateMark(run=run_id, by=by)
    for item in _read_rollback(run, "runs"):
        yield from _mark_run(item["run"], group, run_id if by is None else None)


def _plan_alias_changes(label: str, group: RollbackGroup, versions: VersionReader) -> Iterator[AliasChange]:
    """Yield the change of each model's aliases, from what the newest run left to what was before the oldest."""
    by_model: dict[str, list[ModelRegistration]] = {}
    for registration in group.list_registrations():
        by_model.setdefault(registration.model, []).append(registration)
    for run in group.members.values():
        for change in _read_rollback(run, "models"):
            # A rollback moved the aliases without a version of its own.
            move = ModelRegistration(
                model=change["model"], version=0, before=change["before"], after=change["after"]
            )
            by_model.setdefault(move.model, []).append(move)
    for model, registrations in by_model.items():
        present = group.evidence.read_aliases(model)
        expected, target = registrations[0].after, registrations[-1].before
        # A champion that was moved and moved back is again in the list of champions, and prevents nothing.
        if _select_aliases(present) != _select_aliases(expected):
            raise InputError(
                f"{label} cannot be rolled back; nothing was changed. The aliases of model `{model}` were moved "
                f"since: {_format_aliases(present)}, and the run left {_format_aliases(expected)}. "
                "Move them back with `sparkops models promote`, or move them as you need them and roll back the "
                "tables by `sparkops tables restore`."
            )
        _require_versions_of_aliases(label, model, target, versions)
        if dict(present) != dict(target):
            yield AliasChange(model=model, before=present, after=target)


def _select_aliases(state: Aliases) -> dict[str, Any]:
    """Return the version of each alias, None if it has none, without the list of champions."""
    return {alias: state.get(alias) for alias in _ALIASES}


def _require_versions_of_aliases(label: str, model: str, target: Aliases, versions: VersionReader) -> None:
    """Refuse to set an alias to a version that was removed.

    Raises:
        InputError: A version does not exist any more.
    """
    assigned = {alias: version for alias, version in _select_aliases(target).items() if version is not None}
    present = versions.list_model_versions(model) if assigned else ()
    for alias, version in assigned.items():
        if version not in present:
            raise InputError(
                f"{label} cannot be rolled back; nothing was changed. Version {version} of model `{model}`, which had "
                f"alias @{alias} before, was removed. Move the aliases as you need them with "
                "`sparkops models promote`, and roll back the tables by `sparkops tables restore`."
            )


def _format_aliases(aliases: Aliases) -> str:
    pairs = [(name, version) for name, version in aliases.items() if name != "champions" and version]
    return ", ".join(f"@{name} {version}" for name, version in pairs) or "none"
