"""Run one job: bind its parameters, execute it, or resume a run that stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.engine.adapters.fan_out_item import make_job_of_run
from sparkops.engine.operations.earlier_run import RunStart, choose_start, require_not_running
from sparkops.engine.operations.execute_job import execute_job
from sparkops.engine.operations.fan_out.declared import find_pending, require_one_run
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.engine.operations.scoring import find_scoring_job
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, to_sources
from sparkops.engine.recorded_parameters import bind_recorded
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.pipeline.stream import with_interval
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def run_by_name(
    container: ServiceContainer, name: str, params: Parameters, *, options: RunOptions | None = None
) -> Run:
    """Run the job of that name; one that declares `each` is a fan-out where its parameters are not given.

    Args:
        container: The services.
        name: Name of the job.
        params: Parameters.
        options: Versions to read, and how the run relates to earlier ones; by default those of `RunOptions`.

    Raises:
        ParamErrors: Everything that is wrong with the parameters; nothing was started.
        InputError: An incomplete run has the same job and parameters; nothing was started.
        SparkopsError: What stopped the run.
    """
    options = options or RunOptions()
    declared = with_interval(container.project.find_declared(name), options.every)
    sources = to_sources(params)
    if find_pending(container, declared, sources):
        # Imported here, so that wrong parameters are reported without waiting for it.
        from sparkops.engine.operations.fan_out.items import list_items
        from sparkops.engine.operations.fan_out.run_each import execute_items

        require_one_run(declared, options)
        request = FanOutRequest(job=name, params=sources, options=options)
        return execute_items(container, request, list_items(container, request))
    bound = container.project.bind(declared, sources, at=options.versions.at)
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
    job = with_interval(job, options.every)
    return execute_job(container, job, values, versions=options.versions, start=start)


def run_job(container: ServiceContainer, job: Job, params: Mapping[str, Any], *, options: RunOptions) -> Run:
    """Run a job with parameters from Python; see `run_by_name`."""
    if find_pending(container, job, to_sources(params)):
        return run_by_name(container, job.name, params, options=options)
    job = with_interval(job, options.every)
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
            f"Run {run.id} was rolled back by run {run.rolled_back}, and is not resumed: run `{run.job}` again, or "
            f"undo the rollback: `sparkops rollback {run.rolled_back}`."
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
    scoring = find_scoring_job(project, earlier)
    declared = scoring or project.find_declared(earlier.job)
    bound = bind_recorded(project.config, declared, earlier, to_sources(params))
    container.warm_up([declared])
    job, values = (scoring, bound) if scoring is not None else project.load_job(declared, bound)
    job = make_job_of_run(job, earlier, project.runs)
    job = with_interval(job, earlier.every) if job.stream else job
    versions = ReadVersions.of_record(earlier)
    return execute_job(container, job, values, versions=versions, start=RunStart(resume=earlier))


def _skip_done(container: ServiceContainer, done: Run, start: RunStart) -> Run:
    key = f" with the key `{start.key.text}`" if start.key else ""
    container.listener.run_skipped(done.job, f"run {done.id}{key} is done already")
    container.build_run_context().publications.complete(done.id)
    return done
