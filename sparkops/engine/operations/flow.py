"""Run a flow: jobs and everything they read from, in dependency order, without those that are up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.engine.operations.run_job import run_declared
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, keep_names, to_sources
from sparkops.errors import ParamErrors, Problem, SparkopsError
from sparkops.pipeline.graph import execution_order, upstream
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import fingerprint, params_to_json, source_hash
from sparkops.runs.flow import FlowStep, run_in_order
from sparkops.runs.record import Run
from sparkops.runs.request import ReadVersions
from sparkops.tables.quarantine.quarantine import DISCARD, RELEASE

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
    """

    targets: Sequence[str]
    params: Parameters = ()
    options: RunOptions = field(default_factory=RunOptions)
    force: bool = False
    always_run_targets: bool = False


def run_flow(container: ServiceContainer, request: FlowRequest) -> tuple[FlowStep, ...]:
    """Run a flow; return one step for each job.

    Raises:
        ParamErrors: Everything that is wrong with the parameters of all jobs; nothing was started.
        SparkopsError: The first failure, after all jobs that do not depend on a failed one were run.
    """
    project = container.project
    for target in request.targets:
        project.find_declared(target)
    jobs = execution_order(project.declared, request.targets)
    # A table whose writer cannot be read would be used as it is, although it may be out of date.
    project.declared.require_writers({table for job in jobs for table in job.tables})
    bound = _bind_all(container, jobs, request)
    freshness = _Freshness(container, bound, request)

    def run(job: Job) -> Run:
        versions = request.options.versions if job.name in request.targets else ReadVersions()
        options = replace(request.options, versions=versions)
        return run_declared(container, job, bound[job.name], options)

    steps = run_in_order(
        jobs,
        upstream={job.name: [producer.name for producer in upstream(job, project.declared)] for job in jobs},
        find_fresh=freshness.find_fresh_run,
        run=run,
        on_skip=container.listener.job_skipped,
    )
    errors = [step.error for step in steps if step.error is not None]
    if errors:
        raise _combine(errors)
    return steps


def _combine(errors: Sequence[SparkopsError]) -> SparkopsError:
    """Return an error of the first one's type, with the messages and notes of all."""
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
    read = {name for job in jobs if job.name in request.targets for name in (*job.tables, *job.models)}
    for job in jobs:
        names = {param.name for param in job.params}
        unused_versions: list[str] = []
        if job.name in request.targets:
            names |= passed_names - declared
            unused_versions = [name for name in request.options.versions.at if name not in read]
        own = [keep_names(source, names) for source in sources]
        try:
            bound[job.name] = container.project.bind(job, own, at=unused_versions)
        except ParamErrors as error:
            problems += error.problems
    if problems:
        raise ParamErrors(", ".join(request.targets), problems)
    return bound


@dataclass(frozen=True, slots=True)
class _Freshness:
    """Finds jobs that are up to date: the same work was done before, and its outputs are still there."""

    container: ServiceContainer
    bound: Mapping[str, BoundParameters]
    request: FlowRequest

    def find_fresh_run(self, job: Job) -> Run | None:
        """Return the earlier run that makes a new one unnecessary, or None."""
        request, runs = self.request, self.container.project.runs
        if request.force or (request.always_run_targets and job.name in request.targets):
            return None
        try:
            current = self._fingerprint(job)
        except SparkopsError:
            # An input is missing: the run itself reports that.
            return None
        for run in runs.newest(job=job.name, limit=20):
            if run.state == "done":
                return run if run.fingerprint == current and self._has_outputs(run) else None
        return None

    def _fingerprint(self, job: Job) -> str:
        container, project = self.container, self.container.project
        return fingerprint(
            job,
            source=source_hash(job, project.root),
            params=params_to_json(job, self.bound[job.name].values),
            pins=[container.tables.pin(table) for table in job.tables],
            models={name: project.models.resolve(name).version for name in job.models},
            suites={write.table: container.suite_runner.identity(write.table) for write in job.writes},
        )

    def _has_outputs(self, run: Run) -> bool:
        if run.report is not None:
            return Path(run.report).is_file()
        if run.registered is not None:
            return self._is_registered(run.registered["name"], run.registered["version"])
        return all(self._is_current(name, output["version"]) for name, output in run.outputs.items())

    def _is_registered(self, name: str, version: int) -> bool:
        try:
            self.container.project.models.resolve(name, version)
        except SparkopsError:
            return False
        return True

    def _is_current(self, table: str, version: int) -> bool:
        """Return whether the version is the table's newest, apart from rows that were released since."""
        tables = self.container.tables
        newest = tables.info(table).version
        if newest is None or newest < version:
            return False
        later = [commit for commit in tables.history(table, newest - version) if commit.version > version]
        return len(later) == newest - version and all(
            (commit.run_id or "").startswith((RELEASE, DISCARD)) for commit in later
        )
