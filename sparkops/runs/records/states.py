"""The states of a run, and which state may follow which.

Only the process that executes a run records them, but for `rolled_back`: the process that rolls back a run records it,
and the state before if the rollback is rolled back or given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from sparkops.errors import ChecksFailed, RunCancelled, RunTimedOut, SparkopsError

State = Literal[
    "queued",
    "running",
    "cancelling",
    "done",
    "failed",
    "checks_failed",
    "cancelled",
    "timed_out",
    "crashed",
    "skipped",
    "rolled_back",
]
STATES: Final[tuple[State, ...]] = get_args(State)

# States of a run that a process executes. A process that is gone without having recorded another has crashed.
ACTIVE: Final[frozenset[State]] = frozenset({"queued", "running", "cancelling"})

# A run waits as `queued` before an attempt and between two of them. `crashed` is derived, never recorded. What ended
# before it was cancelled is done.
_AFTER_END: Final[frozenset[State]] = frozenset({"queued", "running", "rolled_back"})
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    "queued": frozenset({"running", "cancelled", "timed_out", "crashed"}),
    "running": frozenset({"cancelling", "done", "failed", "checks_failed", "crashed", "skipped"}),
    "cancelling": frozenset({"cancelled", "timed_out", "done", "failed", "checks_failed", "crashed"}),
    "done": frozenset({"rolled_back"}),
    "failed": _AFTER_END,
    "checks_failed": _AFTER_END,
    "cancelled": _AFTER_END,
    "timed_out": _AFTER_END,
    "crashed": _AFTER_END,
    "skipped": frozenset(),
    "rolled_back": frozenset({"done", "failed", "checks_failed", "cancelled", "timed_out"}),
}

_STATE_OF_ERROR: Final[Mapping[type[BaseException], State]] = {
    ChecksFailed: "checks_failed",
    RunCancelled: "cancelled",
    RunTimedOut: "timed_out",
}


class InvalidTransition(SparkopsError):
    """A state was to be recorded that may not follow the run's present one."""

    def __init__(self, run_id: str, present: State, following: State) -> None:
        super().__init__(f"Run {run_id} is `{present}`, and cannot become `{following}`.")


def require_transition(run_id: str, present: State, following: State) -> None:
    """Refuse a state that may not follow the present one.

    Raises:
        InvalidTransition: It may not.
    """
    if following not in TRANSITIONS[present]:
        raise InvalidTransition(run_id, present, following)


def choose_state(error: SparkopsError) -> State:
    """Return the state of a run that this error stopped."""
    return _STATE_OF_ERROR.get(type(error), "failed")
