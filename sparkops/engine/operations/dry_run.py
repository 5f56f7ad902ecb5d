"""Show what a run would do: parameters, versions that it would read, what it would write. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sparkops.core.masking import mask_parameters
from sparkops.engine.operations.fan_out.declared import find_pending
from sparkops.engine.parameter_sources import Parameters, keep_names, to_sources
from sparkops.pipeline.graph import list_outputs, order_jobs
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.pipeline.parameters.help import format_each
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write
from sparkops.runs.fingerprint import params_to_json
from sparkops.runs.read_versions import ReadVersions

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run would do.

    Args:
        job: The job.
        params: JSON values by parameter; secrets are hidden.
        origins: The origin of each value, by parameter.
        inputs: The versions of tables that it would read.
        computed: Tables and models that an earlier job of the plan would write first.
        models: The version that it would read, by model.
        writes: Tables that it would write.
        each: Parameters for each of whose values there would be a run, to these values as text.
    """

    job: Job
    params: Mapping[str, Any]
    origins: Mapping[str, str]
    inputs: tuple[Pin, ...]
    computed: tuple[str, ...]
    models: Mapping[str, int]
    writes: tuple[Write, ...]
    each: Mapping[str, str] = field(default_factory=dict)


def plan_run(
    container: ServiceContainer,
    name: str,
    params: Parameters,
    *,
    versions: ReadVersions,
    upstream: bool = False,
) -> tuple[RunPlan, ...]:
    """Return the plan of a run of the job, after those of the jobs that would run before it.

    Args:
        container: The services.
        name: Name of the job.
        params: Parameters; with `upstream`, each job takes those that it declares.
        versions: Versions that the job would read.
        upstream: Whether the jobs that it reads from would run first.

    Raises:
        ParamErrors: Everything that is wrong with the parameters.
        SparkopsError: An input does not exist, a suite does not fit, or an output cannot be written.
    """
    project = container.project
    target = project.find_declared(name)
    jobs = order_jobs(project.declared, [name]) if upstream else (target,)
    declared = {param.name for job in jobs for param in job.params}
    written: set[str] = set()
    plans = []
    for job in jobs:
        own = {param.name for param in job.params}
        sources = to_sources(params)
        if job is not target:
            sources = [keep_names(source, own) for source in sources]
        elif upstream:
            sources = [keep_names(source, own | (source.values.keys() - declared)) for source in sources]
        at = versions.at if job is target else {}
        each = find_pending(container, job, sources)
        # A fan-out binds these for each of its runs.
        single = replace(job, params=tuple(param for param in job.params if param.name not in each))
        bound = project.bind(single, sources, at=at)
        plan = _plan_job(container, single, bound, versions if job is target else ReadVersions(), written)
        plans.append(replace(plan, each={name: format_each(job, name) for name in each}))
        written |= {name for _, name in list_outputs(job)}
    return tuple(plans)


def _plan_job(
    container: ServiceContainer, job: Job, bound: BoundParameters, versions: ReadVersions, written: set[str]
) -> RunPlan:
    container.require_suites_fit([job])
    for write in job.writes:
        container.tables.require_writable(write.table)
    inputs = []
    for table in job.tables:
        if table in written:
            continue
        as_of = None if table == job.stream else versions.as_of
        inputs.append(container.tables.pin(table, at=versions.at.get(table), as_of=as_of))
    names = [model for model in job.models if model not in written]
    models = {
        model: container.project.models.resolve(model, versions.at.get(model)).version for model in names
    }
    return RunPlan(
        job=job,
        params=mask_parameters(params_to_json(job, bound.values), container.project.config.secrets),
        origins=bound.origins,
        inputs=tuple(inputs),
        computed=tuple(name for name in (*job.tables, *job.models) if name in written),
        models=models,
        writes=job.writes,
    )
