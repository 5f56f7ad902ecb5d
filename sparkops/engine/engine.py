"""The engine: the one place that wires the rooms together; its verbs delegate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sparkops.config.load import LoadedSettings, find_root, load
from sparkops.config.secrets import mask
from sparkops.engine.listener import Silent, Tell
from sparkops.errors import InputError, ParamErrors, SparkopsError, UnknownName
from sparkops.pipeline.discovery.discover import discover
from sparkops.pipeline.discovery.peek import peek
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource, bind, rebind
from sparkops.runs.record import Run, runs_here
from sparkops.runs.store import RunStore

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.compiler import Compilation
    from sparkops.config.settings import Settings
    from sparkops.engine.container import Workshop
    from sparkops.engine.operations.check import Checked
    from sparkops.pipeline.table import Commit, TableInfo
    from sparkops.registry.registry import Registry
    from sparkops.runs.flow import Step


class Engine:
    """A project in one environment: runs its jobs, reads its tables, scores its models.

    Nothing is started before a verb needs it; `close` (or a `with` block) stops what was started.

    Args:
        root: The project's folder; by default the nearest one above the present folder with conf/ and jobs/.
        env: Environment laid over conf/base.
        overrides: Settings as `key=value` words.
        tell: Told how runs go; silent by default.
        wait: Whether closing waits until Spark has ended; False suits a process that ends, too.

    Raises:
        ProjectError: There is no project.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        env: str | None = None,
        overrides: Sequence[str] = (),
        tell: Tell | None = None,
        wait: bool = True,
    ) -> None:
        self.root = find_root(Path(root or "."))
        self._env, self._overrides = env, tuple(overrides)
        self.tell: Tell = tell or Silent()
        self._wait = wait
        self._open = ExitStack()

    def __enter__(self) -> Engine:
        """Return the engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Stop what was started."""
        self.close()

    def close(self) -> None:
        """Stop Spark, if this engine started it."""
        self._open.close()

    @cached_property
    def loaded(self) -> LoadedSettings:
        """Return the settings with where each was written."""
        return load(self.root, env=self._env, overrides=self._overrides)

    @property
    def settings(self) -> Settings:
        """Return the resolved settings."""
        return self.loaded.settings

    @cached_property
    def runs(self) -> RunStore:
        """Return the records of the project's runs."""
        return RunStore(self.settings.state / "runs")

    @cached_property
    def models(self) -> Registry:
        """Return the model registry; nothing of Spark or MLflow is started."""
        from sparkops.registry.registry import Registry

        return Registry(self.settings)

    @cached_property
    def workshop(self) -> Workshop:
        """Return the rooms beside runs, each made when it is needed."""
        from sparkops.engine.container import Workshop

        return self._open.enter_context(Workshop(self.settings, self.tell, self.runs, wait=self._wait))

    # Jobs

    @cached_property
    def declared(self) -> Mapping[str, Job]:
        """Return the jobs as declared, quickly: their functions cannot be called."""
        found = peek(self.root / "jobs")
        self.loaded.refuse_unknown_jobs(found)
        return found

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """Return the jobs, ready to run."""
        return discover(self.root / "jobs")

    def ready(self, declared: Job, bound: BoundParameters) -> tuple[Job, BoundParameters]:
        """Return a declared job as it can be run, its values carried over."""
        job = self.jobs[declared.name]
        return job, rebind(bound, peeked=declared, loaded=job)

    def bind(
        self, job: Job, given: Mapping[str, Any], *, origin: str, at: Collection[str] = ()
    ) -> BoundParameters:
        """Return the job's values from the configuration and from `given`, which wins.

        Args:
            job: The job.
            given: Parameter to value.
            origin: Where `given` comes from.
            at: Names of the tables and models whose versions were asked for.

        Raises:
            ParamErrors: All that is wrong with them.
        """
        values, origins = self.loaded.params(job.name)
        said = [
            ParameterSource(values=values, origin="conf", origins=origins),
            ParameterSource(values=given, origin=origin),
        ]
        try:
            return bind(job, said, at=at)
        except ParamErrors as error:
            raise error.masked(lambda text: mask(text, self.loaded.secrets)) from None

    def start(
        self,
        name: str,
        *,
        given: Mapping[str, Any],
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        origin: str = "command line",
    ) -> Run:
        """Run the job of that name with values as text or typed; wrong ones are told before anything starts."""
        declared = _named(name, self.declared)
        bound = self.bind(declared, given, origin=origin, at=at or {})
        self.warm([declared])
        return self.run_bound(*self.ready(declared, bound), at=at or {}, as_of=as_of)

    def run(
        self,
        job: Job | str,
        *,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        **params: Any,
    ) -> Run:
        """Run a job and return its record.

        Args:
            job: The job, or its name.
            at: Table or model name to the version to read.
            as_of: Read every table as it was at that moment.
            params: The job's parameters.

        Raises:
            ParamErrors: All that is wrong with the parameters; nothing was started.
            SparkopsError: What stopped the run.
        """
        if isinstance(job, str):
            return self.start(job, given=params, at=at, as_of=as_of, origin="python")
        bound = self.bind(job, params, origin="python", at=at or {})
        self.workshop.require_fit([job])
        return self.run_bound(job, bound, at=at, as_of=as_of)

    def resume(self, run_id: str) -> Run:
        """Go on with a run that did not end: same parameters, same input versions, nothing written twice."""
        earlier = self.runs.load(run_id)
        if earlier.state == "done":
            return earlier
        if runs_here(earlier):
            raise InputError(
                f"Run {earlier.id} still runs, in process {earlier.process['pid']}: wait for it, or stop that process "
                "before it is resumed."
            )
        job = _named(earlier.job, self.declared)
        bound = bind(job, [ParameterSource(values=earlier.params, origin=f"run {earlier.id}")])
        self.warm([job])
        return self.run_bound(*self.ready(job, bound), resume=earlier)

    def flow(
        self,
        targets: Sequence[str],
        *,
        given: Mapping[str, Any] | None = None,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        force: bool = False,
        last: bool = False,
    ) -> tuple[Step, ...]:
        """Run jobs and all they read from, in order; leave what is up to date.

        Args:
            targets: Names of jobs.
            given: Parameters; each job takes those that it declares.
            at: Versions to read, for the targets.
            as_of: Moment to read at, for the targets.
            force: Run what is up to date, too.
            last: Always run the targets themselves.

        Raises:
            SparkopsError: The first failure, after all that did not depend on it was run.
        """
        from sparkops.engine.operations.flow import run_flow

        return run_flow(self, targets, given=given or {}, at=at or {}, as_of=as_of, force=force, last=last)

    def run_bound(
        self,
        job: Job,
        bound: BoundParameters,
        *,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        resume: Run | None = None,
    ) -> Run:
        """Run a job whose values are bound already."""
        from sparkops.runs.executor import Order, Setting, execute

        for write in job.writes:
            self.workshop.tables.require_writable(write.table)
        self.tell.begins(job.name)
        wanted = Order(
            job=job, values=bound.values, origins=bound.origins, at=at or {}, as_of=as_of, resume=resume
        )
        setting = Setting(
            root=self.root,
            state=self.settings.state,
            env=self.settings.env,
            settings=self.loaded.masked(),
            secrets=self.loaded.secrets,
            watch=self.tell.step,
            tap=self.workshop.tap,
        )
        try:
            done = execute(wanted, self.workshop.rooms, setting)
        except SparkopsError as error:
            self.tell.stopped(job.name, error)
            raise
        self.tell.ended(done)
        return done

    def servable(
        self,
        name: str,
        *,
        given: Mapping[str, Any] | None = None,
        at: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
        rows: int = 500,
    ) -> Compilation:
        """Fit a training job's model on the first rows of each table and compile it; nothing is registered.

        Args:
            name: The job.
            given: Its parameters, as text or typed.
            at: Table or model name to the version to read.
            as_of: Read every table as it was at that moment.
            rows: How many rows of each table.

        Raises:
            InputError: The job trains no model, or its parameters are wrong; nothing was started.
        """
        from sparkops.engine.operations.servable import check_trains, servable

        declared = _named(name, self.declared)
        check_trains(declared)
        bound = self.bind(declared, given or {}, origin="command line", at=at or {})
        self.workshop.starter.begin()
        job, bound = self.ready(declared, bound)
        return servable(self.workshop, job, bound.values, at=at or {}, as_of=as_of, rows=rows)

    def session(self) -> SparkSession:
        """Return the project's Spark session, started by the first call."""
        return self.workshop.starter.session()

    def warm(self, jobs: Sequence[Job]) -> None:
        """Begin what runs of these jobs will wait for."""
        self.workshop.warm(jobs)

    # Tables, checks, scores

    def tables(self) -> tuple[TableInfo, ...]:
        """Return the catalog; local tables are read without Spark."""
        return self.workshop.tables.list()

    def history(self, table: str, *, limit: int = 20) -> tuple[Commit, ...]:
        """Return a table's versions, newest first."""
        return self.workshop.tables.history(table, limit)

    def preview(self, table: str, *, rows: int = 10, at: int | None = None) -> list[dict[str, Any]]:
        """Return a few rows of a table."""
        return list(self.workshop.tables.preview(table, rows, at=at))

    def restore(self, table: str, version: int) -> int:
        """Make an earlier version the newest again; return the new version."""
        return self.workshop.tables.restore(table, version).version

    def check(self, table: str, *, at: int | None = None) -> Checked:
        """Run a table's checkpoint on the table as it stands."""
        from sparkops.engine.operations.check import check

        return check(self.workshop, table, at=at)

    def score_table(
        self,
        model: str,
        table: str,
        *,
        into: str,
        where: Mapping[str, str] | None = None,
        at: int | None = None,
    ) -> Run:
        """Score a table by a registered model in Spark, as a run with its own record.

        Args:
            model: `name`, `name/3` or `name@alias`.
            table: Table to read.
            into: Table that takes the scores; with `where`, only that slice of it is replaced.
            where: Column to the value that chooses rows.
            at: Version of the table.
        """
        from sparkops.engine.operations.scoring import score_job

        name, version = self._model_at(model)
        job = score_job(name, table, into=into, where=where or {})
        bound = BoundParameters(values=dict(where or {}), origins=dict.fromkeys(where or {}, "command line"))
        self.warm([job])
        pins = {name: version} | ({table: at} if at is not None else {})
        return self.run_bound(job, bound, at=pins)

    def _model_at(self, model: str) -> tuple[str, int]:
        from sparkops.scoring.locate.model_uri import parse

        found = self.models.resolve(*parse(model))
        return found.name, found.version


def _named(name: str, jobs: Mapping[str, Job]) -> Job:
    if name not in jobs:
        raise UnknownName("job", name, sorted(jobs), advice="`sparkops jobs` lists them.")
    return jobs[name]
