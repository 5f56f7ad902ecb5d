"""Run one job: bind its parameters, execute it, or resume a run that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import ExecutionSettings
from sparkops.engine.operations.earlier_run import RunStart, choose_start, require_not_running
from sparkops.engine.operations.run_verdicts import save_run_verdicts
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, reveal_secrets, to_sources
from sparkops.errors import InputError, SparkopsError
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.records.run import Run, make_run_id
from sparkops.runs.request import ReadVersions, RunRequest

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def run_by_name(container: ServiceContainer, name: str, params: Parameters, *, options: RunOptions) -> Run:
    """Run the job of that name.

    Args:
        container: The services.
        name: Name of the job.
        params: Parameters.
        options: Versions to read, and how the run relates to earlier ones.

    Raises:
        ParamErrors: Everything that is wrong with the parameters; nothing was started.
        InputError: An incomplete run has the same job and parameters; nothing was started.
        SparkopsError: What stopped the run.
    """
    declared = container.project.find_declared(name)
    bound = container.project.bind(declared, to_sources(params), at=options.versions.at)
    return run_declared(container, declared, bound, options)


def run_declared(
    container: ServiceContainer, declared: Job, bound: BoundParameters, options: RunOptions
) -> Run:
    """Run a declared job with bound parameters, or return the run with the same key that is done."""
    start = choose_start(container, declared, bound, options)
    if start.done is not None:
        return _skip_done(container, start.done, start)
    container.warm_up([declared])
    job, values = container.project.load_job(declared, bound)
    return execute_job(container, job, values, versions=options.versions, start=start)


def run_job(container: ServiceContainer, job: Job, params: Mapping[str, Any], *, options: RunOptions) -> Run:
    """Run a job with parameters from Python; see `run_by_name`."""
    bound = container.project.bind(job, to_sources(params), at=options.versions.at)
    container.require_suites_fit([job])
    start = choose_start(container, job, bound, options)
    if start.done is not None:
        return _skip_done(container, start.done, start)
    return execute_job(container, job, bound, versions=options.versions, start=start)


def require_in_effect(run: Run) -> None:
    """Refuse to resume a run that was rolled back: what it committed would count as published.

    Raises:
        InputError: It was rolled back.
    """
    if run.state == "rolled_back":
        raise InputError(
            f"Run {run.id} was rolled back by run {run.rolled_back}, and is not resumed: run `{run.job}` again, or take the "
            f"rollback back: `sparkops rollback {run.rolled_back}`."
        )


def resume_run(container: ServiceContainer, run_id: str, params: Parameters = ()) -> Run:
    """Resume a run that did not succeed: same parameters, same input versions, and nothing is written twice.

    Args:
        container: The services.
        run_id: The run.
        params: Values of parameters that are secrets, which the record does not contain.

    Raises:
        InputError: The run is still running.
        SparkopsError: What stopped the run.
    """
    project = container.project
    earlier = project.runs.load(run_id)
    require_in_effect(earlier)
    if earlier.state == "done":
        container.build_run_context().publications.complete(earlier.id)
        return earlier
    if earlier.state == "skipped":
        raise InputError(
            f"Run {earlier.id} was skipped, so there is nothing to resume: {earlier.skipped}. "
            f"`sparkops run {earlier.job}` runs the job."
        )
    require_not_running(earlier)
    if earlier.replay:
        raise InputError(
            f"Run {earlier.id} is a replay, which is not resumed: start it again with "
            f"`sparkops replay {earlier.replay['of']}`."
        )
    declared = project.find_declared(earlier.job)
    bound = project.bind_recorded(declared, earlier, to_sources(params))
    container.warm_up([declared])
    return execute_job(container, *project.load_job(declared, bound), start=RunStart(resume=earlier))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """What makes a run a part of a fan-out.

    Args:
        parent: Id of the fan-out.
        label: The values that tell the run apart.
        commit_lock: Held while tables are committed; the fan-out holds the locks of all tables and models.
    """

    parent: str
    label: str
    commit_lock: AbstractContextManager[Any]


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
    progress = container.listener.run_started(f"{job.name} [{part.label}]" if part else job.name)
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
    )


def resolve_attempt_policy(job: Job, execution: ExecutionSettings) -> AttemptPolicy:
    """Return what the job declares about its attempts, as the configuration overrides it."""
    settings = execution.jobs.get(job.name)
    overrides = settings.model_dump(exclude_none=True) if settings is not None else {}
    return replace(job.attempts, **overrides)


def _skip_done(container: ServiceContainer, done: Run, start: RunStart) -> Run:
    key = f" with the key `{start.key.text}`" if start.key else ""
    container.listener.run_skipped(done.job, f"run {done.id}{key} is done already")
    container.build_run_context().publications.complete(done.id)
    return done
