"""Which error a person is told when a run stops."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from sparkops.errors import JobFailed, RunCancelled, SparkopsError
from sparkops.pipeline.job import Job


def blame(
    error: BaseException, job: Job, explain: Callable[[BaseException], SparkopsError | None]
) -> SparkopsError:
    """Return an error of sparkops for whatever stopped the run, and log the whole of it.

    Args:
        error: What was raised.
        job: The job that ran.
        explain: Says what an error of Spark or Delta means.
    """
    if not isinstance(error, SparkopsError):
        traceback.print_exception(error)  # into the run's log
    cancelled = _cancelled(error)
    if cancelled is not None:
        return cancelled
    if isinstance(error, SparkopsError):
        return error
    told = explain(error)
    line = _line(error, job)
    if told is not None:
        return type(told)(f"{told} (job `{job.name}`{', ' + line if line else ''})") if line else told
    first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
    return JobFailed(
        f"Job `{job.name}` raised {type(error).__name__}: {first} ({line or job.place}). "
        "`sparkops runs log` has the whole of it."
    )


def _cancelled(error: BaseException | None) -> RunCancelled | None:
    while error is not None:
        if isinstance(error, RunCancelled):
            return error
        if isinstance(error, KeyboardInterrupt):
            return RunCancelled(str(error) or "Cancelled by SIGINT.")
        error = error.__context__
    return None


def _line(error: BaseException, job: Job) -> str:
    """Return the deepest line of the author's own files in the traceback, or nothing."""
    home = Path(job.place.file).parent.name
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent.name == home]
    return f"{home}/{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
