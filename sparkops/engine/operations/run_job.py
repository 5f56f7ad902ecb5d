"""Run one job: bind its parameters, execute it, or resume a run that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.errors import InputError, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource, bind
from sparkops.runs.process import is_running_on_this_host
from sparkops.runs.record import Run
from sparkops.runs.request import ReadVersions, RunContext, RunRequest

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def run_by_name(
    container: ServiceContainer, name: str, params: Mapping[str, Any], *, versions: ReadVersions, origin: str
) -> Run:
    """Run the job of that name.

    Args:
        container: The services.
        name: Name of the job.
        params: Parameter to value, as text or typed.
        versions: Versions to read.
        origin: Where the parameters come from.

    Raises:
        ParamErrors: Everything that is wrong with the parameters; nothing was started.
        SparkopsError: What stopped the run.
    """
    project = container.project
    declared = project.find_declared(name)
    bound = project.bind(declared, params, origin=origin, at=versions.at)
    container.warm_up([declared])
    return execute_job(container, *project.load_job(declared, bound), versions=versions)


def run_job(
    container: ServiceContainer, job: Job, params: Mapping[str, Any], *, versions: ReadVersions
) -> Run:
    """Run a job with parameters from Python; see `run_by_name`."""
    bound = container.project.bind(job, params, origin="python", at=versions.at)
    container.require_suites_fit([job])
    return execute_job(container, job, bound, versions=versions)


def resume_run(container: ServiceContainer, run_id: str) -> Run:
    """Resume a run that did not succeed: same parameters, same input versions, and nothing is written twice.

    Raises:
        InputError: The run is still running.
        SparkopsError: What stopped the run.
    """
    project = container.project
    earlier = project.runs.load(run_id)
    if earlier.state == "done":
        return earlier
    if is_running_on_this_host(earlier):
        raise InputError(
            f"Run {earlier.id} is still running, in process {earlier.process['pid']}: wait for it, or stop that process "
            "before you resume the run."
        )
    declared = project.find_declared(earlier.job)
    bound = bind(declared, [ParameterSource(values=earlier.params, origin=f"run {earlier.id}")])
    container.warm_up([declared])
    return execute_job(container, *project.load_job(declared, bound), resume=earlier)


def execute_job(
    container: ServiceContainer,
    job: Job,
    bound: BoundParameters,
    *,
    versions: ReadVersions | None = None,
    resume: Run | None = None,
) -> Run:
    """Execute a job with bound parameters, and report its start and end to the listener."""
    # Imported here, so that wrong parameters are reported without waiting for it.
    from sparkops.runs.executor import execute

    for write in job.writes:
        container.tables.require_writable(write.table)
    request = RunRequest(
        job=job,
        values=bound.values,
        origins=bound.origins,
        versions=versions or ReadVersions(),
        resume=resume,
    )
    container.listener.run_started(job.name)
    try:
        run = execute(request, container.run_services, _context(container))
    except SparkopsError as error:
        container.listener.run_failed(job.name, error)
        raise
    container.listener.run_finished(run)
    return run


def _context(container: ServiceContainer) -> RunContext:
    project, settings = container.project, container.settings
    return RunContext(
        root=project.root,
        state=settings.state,
        env=settings.env,
        settings=project.config.masked(),
        secrets=project.config.secrets,
        on_step=container.listener.step_started,
        redirect_jvm_output=container.redirect_jvm_output,
    )
