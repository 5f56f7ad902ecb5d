"""Execute one job with bound parameters, and report its start and end to the listener."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import ExecutionSettings
from sparkops.engine.listener import FanOutProgress
from sparkops.engine.operations.earlier_run import RunStart
from sparkops.engine.operations.run_verdicts import save_run_verdicts
from sparkops.engine.parameter_sources import reveal_secrets
from sparkops.errors import SparkopsError
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run, make_run_id
from sparkops.runs.request import RunRequest

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """What makes a run a part of a fan-out.

    Args:
        parent: Id of the fan-out.
        label: The values that tell the run apart.
        commit_lock: Lock that the run takes while it commits, because the fan-out holds the locks of the tables; None
            for a run that takes the locks of its outputs itself.
        code: What the record says of the job's code, which is read once for all runs.
        progress: Receives the progress of the fan-out.
    """

    parent: str
    label: str
    commit_lock: AbstractContextManager[Any] | None
    code: Mapping[str, Any]
    progress: FanOutProgress


def execute_job(
    container: ServiceContainer,
    job: Job,
    bound: BoundParameters,
    *,
    versions: ReadVersions | None = None,
    start: RunStart | None = None,
    part: RunPart | None = None,
) -> Run:
    """Execute a job with bound parameters, and report its start and end to the listener."""
    # Imported here, so that wrong parameters are reported without waiting for it.
    from sparkops.runs.execution.retry import execute_attempts

    request = _build_request(job, bound, versions or ReadVersions(), start or RunStart(), part)
    for write in job.writes:
        container.tables.require_writable(write.table)
    progress = part.progress.run_started(part.label) if part else container.listener.run_started(job.name)
    try:
        secrets = reveal_secrets(bound.values)
        context = container.build_run_context(secrets, progress)
        run_id = str(request.run_id)
        lineage_events = container.build_lineage_events(secrets)
        with container.active_runs.track(run_id), lineage_events.report(job, run_id):
            run = execute_attempts(
                request,
                partial(container.build_run_services, secrets, progress),
                replace(context, commit_lock=part.commit_lock) if part else context,
                resolve_attempt_policy(job, container.settings.execution),
                progress.retried,
            )
    except SparkopsError as error:
        progress.failed(error)
        raise
    save_run_verdicts(container, job, run)
    progress.finished(run)
    return run


def _build_request(
    job: Job, bound: BoundParameters, versions: ReadVersions, start: RunStart, part: RunPart | None
) -> RunRequest:
    return RunRequest(
        job=job,
        values=bound.values,
        origins=bound.origins,
        versions=versions,
        resume=start.resume,
        run_id=start.resume.id if start.resume else start.run_id or make_run_id(),
        key=start.key.text if start.key else None,
        newest_inputs=start.key is not None,
        parent=part.parent if part else None,
        code=part.code if part else None,
    )


def resolve_attempt_policy(job: Job, execution: ExecutionSettings) -> AttemptPolicy:
    """Return what the job declares about its attempts, as the configuration overrides it."""
    settings = execution.jobs.get(job.name)
    overrides = settings.model_dump(exclude_none=True) if settings is not None else {}
    return replace(job.attempts, **overrides)
