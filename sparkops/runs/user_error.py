"""Convert an exception that stopped a run into the error shown to the user."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from sparkops.errors import EngineError, JobFailed, RunCancelled, SparkopsError
from sparkops.pipeline.job import Job


def to_user_error(
    error: BaseException,
    job: Job,
    translate: Callable[[BaseException], SparkopsError | None],
    *,
    run_id: str,
) -> SparkopsError:
    """Return the SparkopsError to show; the full traceback goes to the run's log.

    Args:
        error: The exception that stopped the run.
        job: The job that ran.
        translate: Converts an error of Spark or Delta, or returns None if it is not one.
        run_id: The run, whose log the message names.
    """
    if not isinstance(error, SparkopsError):
        # Standard error is redirected to the run's log here.
        traceback.print_exception(error)
    cancellation = _find_cancellation(error)
    if cancellation is not None:
        return cancellation
    if isinstance(error, SparkopsError):
        return error
    translated = translate(error)
    if isinstance(translated, EngineError):
        # A failure of Spark's machinery is not the fault of the line that was waiting for it.
        return EngineError(
            f"Job `{job.name}` was stopped. {translated} Log: sparkops runs log {run_id}. "
            f"Continue the run with: sparkops runs resume {run_id}"
        )
    line = _find_job_line(error, job)
    if translated is None:
        message = str(error).strip().partition("\n")[0] or "no message"
        return JobFailed(
            f"Job `{job.name}` raised {type(error).__name__}: {message} ({line or job.place}). "
            f"Full traceback: sparkops runs log {run_id}"
        )
    if not line:
        return translated
    return type(translated)(f"{translated} (job `{job.name}`, {line})")


def _find_cancellation(error: BaseException | None) -> RunCancelled | None:
    """Return the cancellation among the error and those it was raised from, or None."""
    while error is not None:
        if isinstance(error, RunCancelled):
            return error
        if isinstance(error, KeyboardInterrupt):
            return RunCancelled(str(error) or "Cancelled by SIGINT.")
        error = error.__context__
    return None


def _find_job_line(error: BaseException, job: Job) -> str:
    """Return `jobs/sales/file.py:12` of the innermost frame in the folder of the jobs, or an empty string."""
    file = Path(job.place.file)
    folder = file.parent.name if file.is_absolute() else file.parts[0]
    marker = f"/{folder}/"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if marker in frame.filename]
    return f"{folder}/{frames[-1].filename.rpartition(marker)[2]}:{frames[-1].lineno}" if frames else ""
