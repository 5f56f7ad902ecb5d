"""Execute a run in as many attempts as its policy allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import Final

from sparkops.errors import (
    AttemptSuperseded,
    BadData,
    ChecksFailed,
    InputError,
    ModelError,
    RowError,
    RunCancelled,
    RunTimedOut,
    SchemaChanged,
    SparkopsError,
    VersionGone,
)
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.runs.execution.execute import execute
from sparkops.runs.execution.interruption import POLL_SECONDS, Interrupted, interruptible
from sparkops.runs.ports import RunServices
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import RunContext, RunRequest

# After these no attempt follows, whatever the policy says.
_FINAL: Final = (InputError, RunCancelled, AttemptSuperseded)
# Another attempt with the same parameters and input versions would meet these again; `retry_on` may name them.
_REPEATED: Final = (ChecksFailed, RunTimedOut, BadData, SchemaChanged, VersionGone, ModelError, RowError)

# Called with the error of an attempt, its number, and the seconds until the next one.
RetryListener = Callable[[SparkopsError, int, float], object]


def execute_attempts(
    request: RunRequest,
    connect: Callable[[], RunServices],
    context: RunContext,
    policy: AttemptPolicy,
    on_retry: RetryListener = lambda *_: None,
) -> Run:
    """Execute the request in one or more attempts, and return the finished run.

    Every attempt has its own record and log, and the same parameters and input versions.

    Args:
        request: What to run.
        connect: Returns the services of an attempt.
        context: The project and environment.
        policy: How often the run is tried, and how long an attempt may take.
        on_retry: Called before the pause that precedes another attempt.

    Raises:
        SparkopsError: What stopped the last attempt.
    """
    run_id = request.resume.id if request.resume else request.run_id or make_run_id()
    request = replace(request, run_id=run_id, timeout=policy.timeout)
    attempts = 0
    while True:
        attempts += 1
        try:
            return execute(request, connect, context)
        except SparkopsError as error:
            if attempts > policy.retries or not may_pass(error, policy):
                raise
            pause = policy.compute_pause(attempts)
            attempt = context.runs.find_newest_attempt(run_id)
            attempt.enter("queued", "queued")
            on_retry(error, attempt.number, pause)
            _wait_for_retry(attempt, pause)
        request = replace(request, resume=context.runs.read(run_id))


def may_pass(error: SparkopsError, policy: AttemptPolicy) -> bool:
    """Return whether another attempt may pass where one met this error."""
    if isinstance(error, _FINAL):
        return False
    if not policy.retry_on:
        return not isinstance(error, _REPEATED)
    classes = tuple(kind for kind in policy.retry_on if isinstance(kind, type))
    return any(isinstance(origin, classes) for origin in _list_origins(error))


def _list_origins(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _wait_for_retry(attempt: Attempt, pause: float) -> None:
    """Wait for the time of the next attempt.

    Raises:
        RunCancelled: The run was cancelled meanwhile, which is recorded.
    """
    message = _wait(attempt, pause)
    if message is None:
        return
    facts = {"kind": RunCancelled.__name__, "message": message}
    attempt.enter("cancelled", "ended", ended=utc_now().isoformat(), error=facts)
    cancelled = RunCancelled(message)
    cancelled.add_note(f"run {attempt.run_id}")
    raise cancelled


def _wait(attempt: Attempt, pause: float) -> str | None:
    """Wait; return why the run was cancelled meanwhile, or None."""
    deadline = monotonic() + pause
    with interruptible() as interrupter:
        try:
            while (remaining := deadline - monotonic()) > 0:
                requester = attempt.find_cancel_request()
                if requester is not None:
                    return f"Cancelled by {requester}."
                sleep(min(remaining, POLL_SECONDS))
        except Interrupted:
            return str(interrupter.reason)
    return None
