"""The engine: the public entry point of a project. Its methods delegate to operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sparkops.engine.project import LoadedProject
from sparkops.engine.record_methods import RecordMethods
from sparkops.engine.table_methods import TableMethods
from sparkops.engine.undo_methods import UndoMethods

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.compiler import Compilation
    from sparkops.config.settings import Settings
    from sparkops.engine.container import ServiceContainer
    from sparkops.engine.listener import RunListener
    from sparkops.engine.operations.dry_run import RunPlan
    from sparkops.engine.operations.flows.plan_flow import PlannedJob
    from sparkops.engine.options import FlowPart, RunOptions, Unfinished
    from sparkops.engine.parameter_sources import Parameters
    from sparkops.pipeline.discovery.jobs_folder import Stamp
    from sparkops.pipeline.job import Job
    from sparkops.registry.registry import Registry
    from sparkops.runs.flow import FlowStep
    from sparkops.runs.records.run import Run
    from sparkops.runs.records.store import RunStore


class Engine(RecordMethods, TableMethods, UndoMethods):
    """A project in one environment: runs its jobs, reads its tables, scores its models.

    Nothing is started before a method needs it. `close`, or leaving a `with` block, stops what was started.

    Args:
        root: The project's folder; by default the nearest folder with conf/ and jobs/, from the working folder upwards.
        env: Environment: settings in conf/<env>/ override those in conf/base/.
        overrides: Settings as `key=value` texts.
        listener: Receives the progress of runs; none by default.
        wait: Whether closing waits until Spark has ended; False suits a process that is about to end.

    Raises:
        ProjectError: There is no project.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        env: str | None = None,
        overrides: Sequence[str] = (),
        listener: RunListener | None = None,
        wait: bool = True,
    ) -> None:
        self.project = LoadedProject(root, env=env, overrides=overrides)
        self._listener = listener
        self._wait = wait
        self._stamp: Stamp | None = None
        self._reload_lock = Lock()
        self._exit_stack = ExitStack()

    def __enter__(self) -> Engine:
        """Return the engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what was started."""
        self.close()

    def close(self) -> None:
        """Stop Spark, if this engine started it."""
        self._exit_stack.close()

    @cached_property
    def container(self) -> ServiceContainer:
        """Return the services; each is created when it is first used."""
        from sparkops.engine.container import ServiceContainer

        return self._exit_stack.enter_context(ServiceContainer(self.project, self._listener, wait=self._wait))

    def reload(self) -> bool:
        """Read the project again if a file of conf/ or of the jobs was changed; return whether one was.

        Runs that are being executed complete with what they began with. Spark is not started again: its settings are
        those of its start.

        Raises:
            ConfigError: The configuration cannot be used; the project stays as it was, and the next call reads it again.
        """
        with self._reload_lock:
            stamp = self.project.compute_stamp()
            if stamp == self._stamp:
                return False
            project = self.project.reload()
            if "container" in self.__dict__:
                self.container = self.container.with_project(project)
            self.project, self._stamp = project, stamp
            return True

    @property
    def root(self) -> Path:
        """Return the project's folder."""
        return self.project.root

    @property
    def settings(self) -> Settings:
        """Return the resolved settings."""
        return self.project.settings

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Return the project's jobs by name."""
        return self.project.jobs

    @property
    def runs(self) -> RunStore:
        """Return the records of the project's runs."""
        return self.project.runs

    @property
    def models(self) -> Registry:
        """Return the model registry; this starts neither Spark nor MLflow."""
        return self.project.models

    def session(self) -> SparkSession:
        """Return the project's Spark session; the first call starts it."""
        return self.container.starter.session()

    # Jobs

    def run(
        self,
        job: Job | str,
        /,
        *,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        run_key: str | None = None,
        unfinished: Unfinished = "refuse",
        **params: Any,
    ) -> Run:
        """Run a job and return its record.

        Args:
            job: The job, or its name.
            at: The version to read, by table or model name.
            as_of: Read every table as it was at this time.
            run_key: Runs of the job with one key are one run: the first that is done answers all others, and one that
                did not complete is resumed.
            unfinished: Without a key, an incomplete run of the same job and parameters that published something is
                reported (`refuse`) or resumed, or a `new` run is started beside it.
            params: The job's parameters, as values of their types: text is not parsed. A parameter that is named like
                one of these arguments is given to `run_by_name`.

        Raises:
            ParamErrors: Everything that is wrong with the parameters; nothing was started.
            InputError: An incomplete run has the same job and parameters; nothing was started.
            SparkopsError: What stopped the run.
        """
        from sparkops.engine.operations.run_job import run_job
        from sparkops.engine.options import RunOptions
        from sparkops.runs.read_versions import ReadVersions
        from sparkops.runs.records.run_key import RunKey

        options = RunOptions(
            versions=ReadVersions(at=at or {}, as_of=as_of),
            key=RunKey(run_key) if run_key is not None else None,
            unfinished=unfinished,
        )
        if isinstance(job, str):
            return self.run_by_name(job, params, options=options)
        return run_job(self.container, job, params, options=options)

    def run_by_name(
        self,
        name: str,
        params: Parameters = (),
        *,
        options: RunOptions | None = None,
    ) -> Run:
        """Run the job of that name as `run` does.

        Parameters in a mapping are Python values; a `ParameterSource` also says where its values come from.
        """
        from sparkops.engine.operations.run_job import run_by_name

        return run_by_name(self.container, name, params, options=options)

    def run_each(
        self,
        job: str,
        each: Mapping[str, Sequence[Any]],
        /,
        *,
        options: RunOptions | None = None,
        max_parallel: int | None = None,
        fail_fast: bool = False,
        skip_fresh: bool = False,
        **params: Any,
    ) -> Run | None:
        """Run a job once for each combination of values, at the same time; return the run that these are parts of.

        Every run reads the same versions. `resume` of the returned run continues with those that did not succeed.

        Args:
            job: Name of the job.
            each: Values of their types, by parameter.
            options: Versions that the runs read.
            max_parallel: Runs at the same time; by default the setting, or the number of cores.
            fail_fast: Start no further run once one has failed.
            skip_fresh: Do not run what is up to date; if that is everything, None is returned.
            params: Parameters that all runs have, as values of their types.

        Raises:
            InputError: The values are wrong, or the runs would replace each other's rows; nothing was started.
            SparkopsError: Runs did not succeed; the others were executed.
        """
        from sparkops.engine.operations.fan_out.request import FanOutRequest
        from sparkops.engine.operations.fan_out.run_each import run_each
        from sparkops.engine.options import RunOptions

        request = FanOutRequest(
            job=job,
            each=each,
            params=params,
            options=options or RunOptions(),
            max_parallel=max_parallel,
            fail_fast=fail_fast,
            skip_fresh=skip_fresh,
        )
        return run_each(self.container, request)

    def plan(
        self,
        name: str,
        params: Parameters = (),
        *,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        upstream: bool = False,
    ) -> tuple[RunPlan, ...]:
        """Return what a run would do: parameters, versions it would read, tables it would write. Nothing is written."""
        from sparkops.engine.operations.dry_run import plan_run
        from sparkops.runs.read_versions import ReadVersions

        versions = ReadVersions(at=at or {}, as_of=as_of)
        return plan_run(self.container, name, params, versions=versions, upstream=upstream)

    def plan_flow(
        self,
        targets: Sequence[str] | FlowPart | None = None,
        *,
        params: Parameters = (),
        options: RunOptions | None = None,
        force: bool = False,
    ) -> tuple[PlannedJob, ...]:
        """Return what `flow` would run, in which order and why; no JVM is started, and nothing is written.

        Args:
            targets: Names of jobs, by default all; or a part of a flow.
            params: Parameters, as values of their types; each job takes those that it declares.
            options: Versions that the targets read.
            force: Also run jobs that are up to date.
        """
        from sparkops.engine.operations.flow import FlowRequest
        from sparkops.engine.operations.flows.plan_flow import plan_flow
        from sparkops.engine.options import RunOptions, to_flow_part

        options = options or RunOptions()
        request = FlowRequest(part=to_flow_part(targets), params=params, options=options, force=force)
        return plan_flow(self.container, request)

    def resume(self, run_id: str, params: Parameters = ()) -> Run:
        """Resume a failed or crashed run: same parameters, same input versions, and nothing is written twice.

        Args:
            run_id: The run.
            params: Values of parameters that are secrets, which the record does not contain.
        """
        from sparkops.engine.operations.fan_out.run_each import resume_each
        from sparkops.engine.operations.run_job import resume_run
        from sparkops.engine.operations.undo.rollback import resume_rollback

        run = self.runs.load(run_id)
        if run.rollback is not None and run.state not in ("done", "rolled_back"):
            return resume_rollback(self.container, run)
        if run.items and run.state not in ("done", "rolled_back"):
            return resume_each(self.container, run, params)
        return resume_run(self.container, run_id, params)

    def cancel(self, run_id: str, *, wait: float = 60.0) -> Run:
        """Cancel a run that another process or thread executes, and return its record.

        Args:
            run_id: The run.
            wait: Seconds to wait until the run has ended; 0 only asks.

        Raises:
            InputError: The run is not running.
            EngineError: The run has not ended within the time.
        """
        from sparkops.engine.operations.cancel_run import cancel_run

        return cancel_run(self.runs, run_id, wait=wait)

    def flow(
        self,
        targets: Sequence[str] | FlowPart,
        *,
        params: Parameters = (),
        options: RunOptions | None = None,
        force: bool = False,
        always_run_targets: bool = False,
        max_parallel: int | None = None,
    ) -> tuple[FlowStep, ...]:
        """Run jobs and everything they read from, in dependency order; skip what is up to date.

        Args:
            targets: Names of jobs; or a part of a flow.
            params: Parameters, as values of their types; each job takes those that it declares.
            options: Versions that the targets read, and how each run relates to earlier ones. With a time (`as_of`),
                only the targets are run.
            force: Also run jobs that are up to date.
            always_run_targets: Run the targets even if they are up to date.
            max_parallel: Jobs that may run at the same time; by default the setting, or one.

        Raises:
            SparkopsError: The first failure, after all jobs that do not depend on a failed one were run.
        """
        from sparkops.engine.operations.flow import FlowRequest, run_flow
        from sparkops.engine.options import RunOptions, to_flow_part

        request = FlowRequest(
            part=to_flow_part(targets),
            params=params,
            options=options or RunOptions(),
            force=force,
            always_run_targets=always_run_targets,
            max_parallel=max_parallel,
        )
        return run_flow(self.container, request)

    def servable(
        self,
        name: str,
        *,
        params: Parameters = (),
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        rows: int = 500,
    ) -> Compilation:
        """Fit a training job's model on the first rows of each table and compile it; nothing is registered.

        Args:
            name: The job.
            params: Its parameters, as values of their types.
            at: The version to read, by table or model name.
            as_of: Read every table as it was at this time.
            rows: Number of rows of each table.

        Raises:
            InputError: The job trains no model, or its parameters are wrong; nothing was started.
        """
        from sparkops.engine.operations.servable import check_servable
        from sparkops.runs.read_versions import ReadVersions

        versions = ReadVersions(at=at or {}, as_of=as_of)
        return check_servable(self.container, name, params, versions=versions, rows=rows)
