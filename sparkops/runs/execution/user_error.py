"""Convert an exception that stopped a run into the error shown to the user."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sparkops.errors import EngineError, JobFailed, RunCancelled, RunTimedOut, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.runs.records.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRun:
    """How far a run came before an error stopped it.

    Args:
        run: Its record.
        is_publishing: Whether it has begun to publish.
        options: Options of the command that continues it.
    """

    run: Run
    is_publishing: bool = False
    options: tuple[str, ...] = ()

    @property
    def resume_command(self) -> str:
        """Return the command that continues the run."""
        return " ".join(("sparkops runs resume", self.run.id, *self.options))

    def describe(self, job: Job) -> str:
        """Return the state of the run and of what it publishes, as sentences."""
        run = self.run
        published = [f"`{name}` version {output['version']}" for name, output in run.outputs.items()]
        if run.registered:
            published.append(f"model `{run.registered['name']}` version {run.registered['version']}")
        done = f" Published: {', '.join(published)}." if published else ""
        if not self.is_publishing:
            return f"Run {run.id} failed{'.' if done else ' before it published anything.'}{done}"
        missing = ", ".join(f"`{write.table}`" for write in job.writes if write.table not in run.outputs)
        uncertain = f" Possibly published: {missing}." if missing else ""
        return (
            f"Run {run.id} failed while it published.{done}{uncertain} Continuing it "
            "publishes the rest, and nothing twice."
        )


def to_user_error(
    error: BaseException,
    job: Job,
    translate: Callable[[BaseException], SparkopsError | None],
    *,
    stopped: StoppedRun,
) -> SparkopsError:
    """Return the SparkopsError to show; the full traceback goes to the run's log.

    Args:
        error: The exception that stopped the run.
        job: The job that ran.
        translate: Converts an error of Spark or Delta, or returns None if it is not one.
        stopped: The run, whose log the message names.
    """
    if not isinstance(error, SparkopsError):
        # Standard error is redirected to the run's log here.
        traceback.print_exception(error)
    cancellation = _find_interruption(error)
    if cancellation is not None:
        return _add_consequence(cancellation, job)
    failure = _find_engine_failure(error, translate)
    if failure is not None:
        # A failure of Spark's machinery is not the fault of the line that was waiting for it.
        return EngineError(
            f"Job `{job.name}` was stopped. {failure} {stopped.describe(job)} Log: sparkops runs log {stopped.run.id}. "
            f"Continue the run with: {stopped.resume_command}"
        )
    if isinstance(error, SparkopsError):
        return error
    translated = translate(error)
    line = _find_job_line(error, job)
    if translated is None:
        message = str(error).strip().partition("\n")[0] or "no message"
        return JobFailed(
            f"Job `{job.name}` raised {type(error).__name__}: {message} ({line or job.place}). "
            f"Full traceback: sparkops runs log {stopped.run.id}"
        )
    if not line:
        return translated
    return type(translated)(f"{translated} (job `{job.name}`, {line})")


def _add_consequence(interruption: SparkopsError, job: Job) -> SparkopsError:
    """Return why a run was stopped; of a stream that goes on until then, with what this means."""
    if job.every is None:
        return interruption
    return type(interruption)(
        f"{interruption} The stream of job `{job.name}` has stopped; what it published stays, and the next run continues "
        "after that."
    )


def _find_engine_failure(
    error: BaseException, translate: Callable[[BaseException], SparkopsError | None]
) -> EngineError | None:
    """Return the failure of Spark itself that stopped the run, also as the cause of another error; None if none did."""
    origin: BaseException | None = error
    while isinstance(origin, SparkopsError):
        if isinstance(origin, EngineError):
            return origin
        origin = origin.__cause__
    translated = translate(origin) if origin is not None else None
    return translated if isinstance(translated, EngineError) else None


def _find_interruption(error: BaseException | None) -> SparkopsError | None:
    """Return the cancellation or time-out among the error and those it was raised from, or None."""
    while error is not None:
        if isinstance(error, RunCancelled | RunTimedOut):
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
