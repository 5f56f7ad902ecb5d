"""Give up a rollback that stopped before it restored anything and cannot be completed: its runs are as before."""

from __future__ import annotations

from collections.abc import Iterator

from sparkops.errors import InputError
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE, State
from sparkops.runs.rollback.plan import (
    RollbackPlan,
    StateMark,
    UndoneRun,
    rollback_plan_from_json,
)
from sparkops.runs.rollback.selection import RollbackGroup


def is_incomplete_rollback(run: Run | None) -> bool:
    """Return whether a run is a rollback that stopped."""
    return run is not None and run.rollback is not None and run.state not in {*ACTIVE, "done", "rolled_back"}


def plan_abandonment(rollback_id: str, run: Run, group: RollbackGroup) -> RollbackPlan:
    """Return the plan that gives up a rollback.

    Args:
        rollback_id: Id of the rollback of the rollback.
        run: The rollback that stopped.
        group: All records, tables and models.

    Raises:
        InputError: It has restored something, or takes back another rollback.
    """
    stopped = rollback_plan_from_json(run.id, run.rollback or {})
    obstacle = next(_find_obstacles(stopped, group), None)
    if obstacle is not None:
        raise InputError(
            f"Rollback {run.id} is not complete: `sparkops runs resume {run.id}` completes it. "
            f"It cannot be given up: {obstacle}."
        )
    states = {item.run: item.state for item in stopped.runs}
    marked = [group.runs.get(mark.run) for mark in stopped.marks]
    return RollbackPlan(
        run=rollback_id,
        runs=(UndoneRun(run=run.id, job=run.job, state=run.state),),
        marks=(
            StateMark(run=run.id, by=rollback_id),
            *(
                StateMark(run=item.id, by=None, state=_choose_state(states[item.id]))
                for item in marked
                if item is not None and item.rolled_back == run.id
            ),
        ),
        abandoned=tuple(sorted(stopped.written)),
    )


def _find_obstacles(stopped: RollbackPlan, group: RollbackGroup) -> Iterator[str]:
    """Yield what prevents a rollback from being given up."""
    for restore in stopped.tables:
        history = group.find_history(restore.table)
        if history is not None and any(commit.run_id == stopped.run for commit in history.commits):
            yield f"it has restored `{restore.table}`"
    for change in stopped.models:
        if dict(group.evidence.read_aliases(change.model)) != dict(change.before):
            yield f"aliases of model `{change.model}` were moved"
    if any(mark.by not in (None, stopped.run) for mark in stopped.marks):
        yield "it takes back a rollback"


def _choose_state(state: str) -> State:
    """Return the state to record for a run that is as before; `crashed` is never recorded."""
    for possible in ("failed", "checks_failed", "cancelled", "timed_out"):
        if state == possible:
            return possible
    return "failed" if state == "crashed" else "done"
