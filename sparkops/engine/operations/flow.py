"""Run a flow: jobs and everything they read from, in dependency order, without those that are up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import current_thread
from typing import TYPE_CHECKING

from sparkops.engine.operations.cancel_run import cancel_active_runs
from sparkops.engine.operations.fan_out.declared import find_pending
from sparkops.engine.operations.fan_out.flow_part import FlowFanOut
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.engine.operations.flows.skip import find_missing_input, find_newest_ended, record_skip
from sparkops.engine.operations.freshness import Freshness, FreshRunFinder
from sparkops.engine.options import FlowPart, RunOptions
from sparkops.engine.parameter_sources import Parameters, keep_names, to_sources
from sparkops.engine.project import LoadedProject
from sparkops.errors import InputError, ParamErrors, Problem, SparkopsError
from sparkops.pipeline.graph import find_downstream, list_inputs, list_outputs, map_upstream, order_jobs
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.conditions import evaluate_condition
from sparkops.runs.flow import FlowStep, run_jobs
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRequest:
    """Which jobs to run, and how.

    Args:
        part: The jobs.
        params: Parameters; each job takes those that it declares.
        options: Versions that the targets read, and how each run relates to earlier ones.
        force: Also run jobs that are up to date.
        always_run_targets: Run the targets even if they are up to date.
        max_parallel: Jobs that may run at the same time; None for the setting, by default one.
    """

    part: FlowPart
    params: Parameters = ()
    options: RunOptions = field(default_factory=RunOptions)
    force: bool = False
    always_run_targets: bool = False
    max_parallel: int | None = None

    @property
    def selected_part(self) -> FlowPart:
        """Return the jobs of the flow: only the targets if they read earlier versions, which no job has to compute."""
        reads_earlier = self.options.versions.as_of is not None and not self.always_run_targets
        return replace(self.part, only=self.part.only or reads_earlier)

    def is_target(self, job: Job) -> bool:
        """Return whether a job is one of those that the flow is for."""
        return self.part.targets is None or job.name in self.part.targets

    def choose_versions(self, job: Job) -> ReadVersions:
        """Return the versions that a job reads: the requested ones for targets, else the newest."""
        return self.options.versions if self.is_target(job) else ReadVersions()

    def is_forced(self, job: Job) -> bool:
        """Return whether a job is run even if it is up to date."""
        return self.force or (self.always_run_targets and self.is_target(job))


def run_flow(container: ServiceContainer, request: FlowRequest) -> tuple[FlowStep, ...]:
    """Run a flow; return one step for each job.

    Raises:
        ParamErrors: Everything that is wrong with the parameters of all jobs; nothing was started.
        SparkopsError: The first failure, after all jobs that do not depend on a failed one were run.
    """
    jobs = select_jobs(container.project, request.selected_part)
    bound = bind_all(container, jobs, request)
    fan_outs = {
        job.name: FlowFanOut(container, fan_out) for job, fan_out in find_fan_outs(container, jobs, request)
    }
    runner = _FlowRunner(container, request, bound, fan_outs, FreshRunFinder(container))
    steps = run_jobs(
        jobs,
        runner,
        upstream=map_upstream(jobs, container.project.declared),
        max_parallel=request.max_parallel or container.settings.execution.max_parallel or 1,
    )
    errors = [step.error for step in steps if step.error is not None]
    if errors:
        raise _combine(errors)
    return steps


def select_jobs(project: LoadedProject, part: FlowPart) -> tuple[Job, ...]:
    """Return the jobs of a flow, producers before consumers.

    Raises:
        UnknownName: The project has no job of the name of a target, of the first or of the last job.
        InputError: The first or the last job is not part of the flow.
        DeclarationError: The file of a job that is run, or that writes an input, cannot be read.
    """
    declared = project.declared
    for name in filter(None, (*(part.targets or ()), part.start, part.end)):
        project.find_declared(name)
    if part.targets is None:
        declared.require_all()
    targets = sorted(declared) if part.targets is None else list(part.targets)
    jobs = order_jobs(declared, targets)
    if part.only:
        jobs = tuple(job for job in jobs if job.name in targets)
    if part.start is not None:
        jobs = _select(jobs, find_downstream(declared[part.start], jobs), part.start)
    if part.end is not None:
        upstream = order_jobs(declared, [part.end])
        is_part = any(job.name == part.end for job in jobs)
        jobs = _select(jobs, upstream if is_part else (), part.end)
    # A table whose writer cannot be read would be used as it is, although it may be out of date.
    declared.require_writers({name for job in jobs for kind, name in list_inputs(job) if kind == "table"})
    return jobs


def _select(jobs: Sequence[Job], selected: Sequence[Job], name: str) -> tuple[Job, ...]:
    """Return the jobs of a flow that are selected, in the order of the flow.

    Raises:
        InputError: None is selected, because the job of this name is not part of the flow.
    """
    if not selected:
        names = ", ".join(job.name for job in jobs) or "no job"
        raise InputError(f"Job `{name}` is not part of this flow, which has: {names}.")
    return tuple(job for job in jobs if job in selected)


@dataclass(frozen=True, slots=True)
class _FlowRunner:
    """Implements `JobRunner` with the services of an engine.

    Args:
        container: The services.
        request: The flow.
        bound: Bound parameters by job.
        fan_outs: Fan-outs by job, of jobs that declare `each`.
        finder: Finds the runs that make new ones unnecessary.
    """

    container: ServiceContainer
    request: FlowRequest
    bound: Mapping[str, BoundParameters]
    fan_outs: Mapping[str, FlowFanOut]
    finder: FreshRunFinder

    def find_step(self, job: Job, steps: Mapping[str, FlowStep]) -> FlowStep | None:
        bound, examined = self.bound[job.name], self._examine(job)
        if examined.run is not None and examined.is_fresh and not self.request.is_forced(job):
            return FlowStep(job.name, "fresh", examined.run, reason=f"up to date (run {examined.run.id})")
        if self.request.always_run_targets and self.request.is_target(job):
            return None
        reason = self._find_skip(job, examined, steps)
        if reason is None:
            return None
        return FlowStep(
            job.name,
            "skipped",
            record_skip(self.container, omit_unbound(job, bound), bound, reason),
            reason=f"skipped: {reason}",
        )

    def _examine(self, job: Job) -> Freshness:
        fan_out = self.fan_outs.get(job.name)
        if fan_out is not None:
            return fan_out.examine(self.finder)
        return self.finder.examine(job, self.bound[job.name], self.request.choose_versions(job))

    def _find_skip(self, job: Job, examined: Freshness, steps: Mapping[str, FlowStep]) -> str | None:
        """Return why a job that is not up to date is skipped, or None."""
        for condition in job.when:
            step = steps.get(condition.job)
            run = step.run if step is not None and step.state in ("done", "fresh") else None
            result = evaluate_condition(condition, run or find_newest_ended(self.container, condition.job))
            if not result.holds:
                return result.reason
        skipped = {
            output: step.job
            for step in steps.values()
            if step.state == "skipped"
            for output in list_outputs(self.container.project.declared[step.job])
        }
        return find_missing_input(examined.unreadable, skipped)

    def run(self, job: Job) -> Run:
        if job.name in self.fan_outs:
            return self.fan_outs[job.name].run()
        # Imported here: a plan of a flow runs no job.
        from sparkops.engine.operations.run_job import run_declared

        return run_declared(self.container, job, self.bound[job.name], _choose_options(job, self.request))

    def skip(self, job: Job, reason: str) -> None:
        self.container.listener.run_skipped(job.name, reason)

    def enter_thread(self) -> None:
        self.container.starter.use_own_session(pool=current_thread().name)

    def cancel_active(self) -> None:
        cancel_active_runs(self.container)


def _choose_options(job: Job, request: FlowRequest) -> RunOptions:
    """Return the options of one job."""
    return replace(request.options, versions=request.choose_versions(job))


def _combine(errors: Sequence[SparkopsError]) -> SparkopsError:
    """Return one error with the messages and notes of all; its type is that of the first."""
    first = errors[0]
    if len(errors) == 1:
        return first
    # Its `__init__` may take other arguments than the message.
    combined = type(first).__new__(type(first), *first.args)
    combined.args = ("\n".join(str(error) for error in errors),)
    for error in errors:
        for note in getattr(error, "__notes__", ()):
            combined.add_note(note)
    return combined


def find_fan_outs(
    container: ServiceContainer, jobs: Sequence[Job], request: FlowRequest
) -> Iterator[tuple[Job, FanOutRequest]]:
    """Yield each job of a flow that runs once for each of its declared values, and its fan-out."""
    for job in jobs:
        job_sources = [
            keep_names(source, {param.name for param in job.params}) for source in to_sources(request.params)
        ]
        if find_pending(container, job, job_sources):
            options = replace(_choose_options(job, request), key=None)
            yield job, FanOutRequest(job=job.name, params=job_sources, options=options)


def omit_unbound(job: Job, bound: BoundParameters) -> Job:
    """Return a job without the parameters that are not bound, because each run of its fan-out has another value."""
    return replace(job, params=tuple(param for param in job.params if param.name in bound.values))


def bind_all(
    container: ServiceContainer, jobs: Sequence[Job], request: FlowRequest
) -> dict[str, BoundParameters]:
    """Bind every job of the flow; each takes the parameters that it declares.

    Parameters and versions that no job uses are bound to the targets, which reports them as errors.

    Raises:
        ParamErrors: Everything that is wrong, in all jobs.
    """
    problems: list[Problem] = []
    invalid: list[str] = []
    bound: dict[str, BoundParameters] = {}
    declared = {param.name for job in jobs for param in job.params}
    sources = to_sources(request.params)
    passed_names = {name for source in sources for name in source.values}
    inputs = {name for job in jobs if request.is_target(job) for name in (*job.tables, *job.models)}
    for job in jobs:
        names = {param.name for param in job.params}
        unused_versions: list[str] = []
        if request.is_target(job):
            names |= passed_names - declared
            unused_versions = [name for name in request.options.versions.at if name not in inputs]
        job_sources = [keep_names(source, names) for source in sources]
        # A fan-out binds the pending parameters for each of its runs.
        pending = find_pending(container, job, job_sources)
        job_to_bind = replace(job, params=tuple(param for param in job.params if param.name not in pending))
        try:
            bound[job.name] = container.project.bind(job_to_bind, job_sources, at=unused_versions)
        except ParamErrors as error:
            problems += error.problems
            invalid.append(job.name)
    if problems:
        raise ParamErrors(", ".join(request.part.targets or invalid), problems)
    return bound
