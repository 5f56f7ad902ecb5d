"""Run a flow: jobs and everything they read from, in dependency order, without those that are up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import current_thread
from typing import TYPE_CHECKING

from sparkops.engine.operations.cancel_run import cancel_active_runs
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.engine.operations.run_job import run_declared
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, keep_names, to_sources
from sparkops.errors import ParamErrors, Problem, SparkopsError
from sparkops.pipeline.graph import find_upstream, order_jobs
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.flow import FlowStep, run_jobs
from sparkops.runs.records.run import Run
from sparkops.runs.request import ReadVersions

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRequest:
    """Which jobs to run, and how.

    Args:
        targets: Names of jobs; the jobs that they read from are run, too.
        params: Parameters; each job takes those that it declares.
        options: Versions that the targets read, and how each run relates to earlier ones.
        force: Also run jobs that are up to date.
        always_run_targets: Run the targets even if they are up to date.
        max_parallel: Jobs that may run at the same time; None for the setting, by default one.
    """

    targets: Sequence[str]
    params: Parameters = ()
    options: RunOptions = field(default_factory=RunOptions)
    force: bool = False
    always_run_targets: bool = False
    max_parallel: int | None = None


def run_flow(container: ServiceContainer, request: FlowRequest) -> tuple[FlowStep, ...]:
    """Run a flow; return one step for each job.

    Raises:
        ParamErrors: Everything that is wrong with the parameters of all jobs; nothing was started.
        SparkopsError: The first failure, after all jobs that do not depend on a failed one were run.
    """
    project = container.project
    for target in request.targets:
        project.find_declared(target)
    jobs = order_jobs(project.declared, request.targets)
    # A table whose writer cannot be read would be used as it is, although it may be out of date.
    project.declared.require_writers({table for job in jobs for table in job.tables})
    bound = _bind_all(container, jobs, request)
    runner = _FlowRunner(container, request, bound, FreshRunFinder(container))
    steps = run_jobs(
        jobs,
        runner,
        upstream={
            job.name: [producer.name for producer in find_upstream(job, project.declared)] for job in jobs
        },
        max_parallel=request.max_parallel or container.settings.execution.max_parallel or 1,
    )
    errors = [step.error for step in steps if step.error is not None]
    if errors:
        raise _combine(errors)
    return steps


@dataclass(frozen=True, slots=True)
class _FlowRunner:
    """Implements `JobRunner` with the services of an engine.

    Args:
        container: The services.
        request: The flow.
        bound: Bound parameters by job.
        finder: Finds the runs that make new ones unnecessary.
    """

    container: ServiceContainer
    request: FlowRequest
    bound: Mapping[str, BoundParameters]
    finder: FreshRunFinder

    def find_fresh(self, job: Job) -> Run | None:
        request = self.request
        is_forced = request.force or (request.always_run_targets and job.name in request.targets)
        return None if is_forced else self.finder.find(job, self.bound[job.name])

    def run(self, job: Job) -> Run:
        request = self.request
        versions = request.options.versions if job.name in request.targets else ReadVersions()
        options = replace(request.options, versions=versions)
        return run_declared(self.container, job, self.bound[job.name], options)

    def skip(self, job: Job, reason: str) -> None:
        self.container.listener.run_skipped(job.name, reason)

    def enter_thread(self) -> None:
        self.container.starter.use_own_session(pool=current_thread().name)

    def cancel_active(self) -> None:
        cancel_active_runs(self.container)


def _combine(errors: Sequence[SparkopsError]) -> SparkopsError:
    """Return one error with the messages and notes of all; its type is that of the first."""
    first = errors[0]
    if len(errors) == 1:
        return first
    combined = type(first).__new__(type(first), *first.args)
    combined.args = ("\n".join(str(error) for error in errors),)
    for error in errors:
        for note in getattr(error, "__notes__", ()):
            combined.add_note(note)
    return combined


def _bind_all(
    container: ServiceContainer, jobs: Sequence[Job], request: FlowRequest
) -> dict[str, BoundParameters]:
    """Bind every job of the flow; each takes the parameters that it declares.

    Parameters and versions that no job uses are bound to the targets, which reports them as errors.

    Raises:
        ParamErrors: Everything that is wrong, in all jobs.
    """
    problems: list[Problem] = []
    bound: dict[str, BoundParameters] = {}
    declared = {param.name for job in jobs for param in job.params}
    sources = to_sources(request.params)
    passed_names = {name for source in sources for name in source.values}
    inputs = {name for job in jobs if job.name in request.targets for name in (*job.tables, *job.models)}
    for job in jobs:
        names = {param.name for param in job.params}
        unused_versions: list[str] = []
        if job.name in request.targets:
            names |= passed_names - declared
            unused_versions = [name for name in request.options.versions.at if name not in inputs]
        own = [keep_names(source, names) for source in sources]
        try:
            bound[job.name] = container.project.bind(job, own, at=unused_versions)
        except ParamErrors as error:
            problems += error.problems
    if problems:
        raise ParamErrors(", ".join(request.targets), problems)
    return bound
