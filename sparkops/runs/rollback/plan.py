"""The plan of a rollback, as values and as the JSON in its record, which is the journal that it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.config.state_file import MALFORMED
from sparkops.errors import ProjectError, explain_damage
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.runs.records.states import State

# Name of the job in the record of a rollback.
JOB = "rollback"
# Alias to the version that has it, None if none has; and `champions`: the versions that were champion, oldest first.
Aliases = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneRun:
    """A run, or a release of quarantined rows, that is rolled back.

    Args:
        run: Its id.
        job: Name of its job; `release` or `discard` for quarantined rows.
        state: Its state before; empty for a release, which has no record.
    """

    run: str
    job: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRestore:
    """The return of one table to its version before the runs.

    Args:
        table: Name in the catalog.
        identity: Delta's id of the table.
        first: First version that is undone.
        newest: The version that is replaced; all versions from `first` on are undone.
        version: The version that the table returns to; None for a table that the runs created, which becomes empty.
    """

    table: str
    identity: str
    first: int
    newest: int
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """The return of a model's aliases.

    Args:
        model: Registered name.
        before: The aliases that are replaced.
        after: The aliases that it returns to.
    """

    model: str
    before: Aliases
    after: Aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMark:
    """A change of a run's state.

    Args:
        run: Id of the run.
        by: The rollback that undoes it; None if it is in effect again.
        state: Its state if it is in effect again.
    """

    run: str
    by: str | None
    state: State = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCommit:
    """A commit of another writer, which no run made."""

    table: str
    version: int
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """Everything that a rollback changes.

    Args:
        run: Id of the rollback.
        runs: What is rolled back, newest first.
        tables: Tables that are restored.
        models: Models whose aliases change.
        marks: Runs whose state changes, in order.
        foreign: Commits of other writers that are undone, too.
        abandoned: Tables and models of an incomplete rollback that is given up.
    """

    run: str
    runs: Sequence[UndoneRun]
    tables: Sequence[TableRestore] = ()
    models: Sequence[AliasChange] = ()
    marks: Sequence[StateMark] = ()
    foreign: Sequence[ForeignCommit] = ()
    abandoned: Sequence[str] = ()

    @property
    def written(self) -> frozenset[str]:
        """Return the names of the tables and models that the rollback changes; for a quarantine, also its table."""
        tables = [restore.table for restore in self.tables]
        bases = [name.removesuffix(QUARANTINE_SUFFIX) for name in tables]
        return frozenset([*tables, *bases, *(change.model for change in self.models), *self.abandoned])


def rollback_plan_to_json(plan: RollbackPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "runs": [{"run": item.run, "job": item.job, "state": item.state} for item in plan.runs],
        "tables": [
            {
                "table": item.table,
                "identity": item.identity,
                "first": item.first,
                "newest": item.newest,
                "version": item.version,
            }
            for item in plan.tables
        ],
        "models": [
            {"model": item.model, "before": dict(item.before), "after": dict(item.after)}
            for item in plan.models
        ],
        "marks": [
            {"run": item.run, "by": item.by, **({"state": item.state} if item.state != "done" else {})}
            for item in plan.marks
        ],
        "foreign": [
            {"table": item.table, "version": item.version, "operation": item.operation}
            for item in plan.foreign
        ],
        **({"abandoned": list(plan.abandoned)} if plan.abandoned else {}),
    }


def rollback_plan_from_json(run_id: str, value: Mapping[str, Any]) -> RollbackPlan:
    """Return the plan that `rollback_plan_to_json` converted.

    Args:
        run_id: The rollback.
        value: The JSON values.

    Raises:
        ProjectError: They have another form.
    """
    try:
        return RollbackPlan(
            run=run_id,
            runs=tuple(UndoneRun(**item) for item in value["runs"]),
            tables=tuple(TableRestore(**item) for item in value["tables"]),
            models=tuple(AliasChange(**item) for item in value["models"]),
            marks=tuple(StateMark(**item) for item in value["marks"]),
            foreign=tuple(ForeignCommit(**item) for item in value["foreign"]),
            abandoned=tuple(value.get("abandoned", ())),
        )
    except MALFORMED as error:
        raise ProjectError(
            f"The plan of rollback {run_id} in its record is damaged ({explain_damage(error)}): "
            "restore the run's folder from a backup."
        ) from error
