"""Cancel a run that another process, or another thread, is executing."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from sparkops.errors import EngineError, InputError, SparkopsError
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.records.store import RunStore

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

_POLL_SECONDS: Final = 0.1


def cancel_run(runs: RunStore, run_id: str, *, wait: float) -> Run:
    """Ask the process that executes a run to stop it, wait until it has, and return the run's record.

    That process ends the run's Spark jobs, and records `cancelled` once none of them is active. A run that is cancelled
    already is returned as it is.

    Args:
        runs: The records.
        run_id: The run.
        wait: Seconds to wait until the run has ended; 0 only asks.

    Raises:
        UnknownName: There is no such run.
        InputError: The run has ended otherwise.
        EngineError: The run has not ended within the time.
    """
    run = runs.load(run_id)
    if run.state == "cancelled":
        return run
    if run.state not in ACTIVE:
        raise InputError(f"Run {run.id} of job `{run.job}` is not running: it is {_describe(run)}.")
    runs.request_cancel(run, by=describe_requester())
    if wait <= 0:
        return run
    run = _wait_for_end(runs, run.id, wait)
    if run.state in ACTIVE:
        raise EngineError(
            f"Run {run.id} has not ended {wait:g} seconds after it was asked to (state {run.state}): it stops when "
            f"the call that it waits in returns. Process {run.process.get('pid')} on host "
            f"{run.process.get('host')} executes it."
        )
    if run.state != "cancelled":
        raise InputError(
            f"Run {run.id} of job `{run.job}` ended before it was cancelled: it is {_describe(run)}."
        )
    return run


def cancel_active_runs(container: ServiceContainer) -> None:
    """Ask the threads of this engine that execute runs to stop them."""
    runs = container.project.runs
    for run_id in container.active_runs.list_ids():
        # A run that began a moment ago may have no record yet.
        with suppress(SparkopsError, ValueError):
            runs.request_cancel(runs.load(run_id), by=describe_requester())


def describe_requester() -> str:
    """Return who asks, for the record: user, host and process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"


def _describe(run: Run) -> str:
    return run.state.replace("_", " ")


def _wait_for_end(runs: RunStore, run_id: str, wait: float) -> Run:
    deadline = monotonic() + wait
    while True:
        run = runs.load(run_id)
        if run.state not in ACTIVE or monotonic() >= deadline:
            return run
        sleep(_POLL_SECONDS)
