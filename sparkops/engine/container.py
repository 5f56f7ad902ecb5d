"""The service container: every service of one engine, created when it is first used.

The package of a service is imported only then, so wrong parameters are reported before any heavy import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.engine.active_runs import ActiveRuns
from sparkops.engine.listener import NullListener, NullProgress
from sparkops.errors import InputError
from sparkops.spark import Starter

if TYPE_CHECKING:
    from sparkops.checks.checks import Checks
    from sparkops.config.settings import Settings
    from sparkops.engine.adapters.check_pages import CheckPages
    from sparkops.engine.adapters.checks import CheckHistoryTable, SuiteRunner
    from sparkops.engine.adapters.lineage_events import LineageEvents
    from sparkops.engine.adapters.spark import SharedSparkSession
    from sparkops.engine.listener import RunListener, RunProgress
    from sparkops.engine.project import LoadedProject
    from sparkops.pipeline.job import Job
    from sparkops.registry.registry import Registry
    from sparkops.runs.lineage.run_links import LinkedVersion
    from sparkops.runs.ports import RunServices
    from sparkops.runs.records.log import MaskedFile
    from sparkops.runs.records.run import Run
    from sparkops.runs.request import RunContext
    from sparkops.spark import Snapshot
    from sparkops.tables import Tables


class ServiceContainer:
    """The services of one engine.

    Args:
        project: The project.
        listener: Receives the progress of runs.
        wait: Whether leaving waits until Spark has ended.
    """

    def __init__(
        self, project: LoadedProject, listener: RunListener | None = None, *, wait: bool = True
    ) -> None:
        self.project = project
        self.listener: RunListener = listener or NullListener()
        self.starter = Starter(project.settings)
        self.active_runs = ActiveRuns()
        self._wait = wait
        self._publishing_runs: dict[LinkedVersion, Run | None] = {}

    def with_project(self, project: LoadedProject) -> ServiceContainer:
        """Return a container of another state of the project; Spark and the active runs are those of this one."""
        container = ServiceContainer(project, self.listener, wait=self._wait)
        container.starter, container.active_runs = self.starter, self.active_runs
        return container

    def __enter__(self) -> ServiceContainer:
        """Return the container."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop Spark, if it was started here."""
        self.starter.stop(wait=self._wait)

    @property
    def settings(self) -> Settings:
        """Return the project's settings."""
        return self.project.settings

    @cached_property
    def masked_settings(self) -> Mapping[str, Any]:
        """Return the resolved settings as records contain them."""
        return self.project.config.mask_secrets()

    @cached_property
    def tables(self) -> Tables:
        """Return the project's tables."""
        from sparkops.tables import Tables

        return Tables(self.starter.session, self.settings)

    @cached_property
    def checks(self) -> Checks:
        """Return the suites of conf/checks."""
        from sparkops.checks.checks import Checks

        return Checks(self.settings)

    @cached_property
    def suite_runner(self) -> SuiteRunner:
        """Return the runner of suites as checkpoints."""
        from sparkops.engine.adapters.checks import SuiteRunner

        return SuiteRunner(
            checks=self.checks,
            root=self.project.root,
            pages=self.check_pages,
            find_columns=self.find_lasting_columns,
            session=self.starter.session,
        )

    @cached_property
    def check_pages(self) -> CheckPages:
        """Return the pages of checkpoints."""
        from sparkops.engine.adapters.check_pages import CheckPages

        return CheckPages.of(self.settings, self.project.config.secrets)

    @cached_property
    def check_history(self) -> CheckHistoryTable:
        """Return the table that keeps check results."""
        from sparkops.engine.adapters.checks import CheckHistoryTable

        return CheckHistoryTable(self.tables, self.settings.checks.results)

    @cached_property
    def registry(self) -> Registry:
        """Return the model registry with a Spark session, which is started if needed."""
        from sparkops.registry.registry import Registry

        return Registry(self.settings, self.starter.get_shared_session())

    @cached_property
    def spark(self) -> SharedSparkSession:
        """Return the session that runs share."""
        from sparkops.engine.adapters.job_code import JobCode
        from sparkops.engine.adapters.spark import SharedSparkSession

        code = JobCode(Path(self.settings.jobs), self.project.root)
        return SharedSparkSession(self.starter, code)

    def build_run_services(
        self, secrets: tuple[str, ...] = (), progress: RunProgress | None = None
    ) -> RunServices:
        """Return the services of one run.

        What they store shows neither these secrets nor those of the configuration.
        """
        from sparkops.engine.adapters.check_pages import CheckPages, locate_docs
        from sparkops.engine.adapters.models import ModelRegistrar, TrainingRules
        from sparkops.engine.adapters.reports import ReportPages
        from sparkops.runs.ports import RunServices

        docs = locate_docs(self.settings)
        secrets = (*self.project.config.secrets, *secrets)
        rules = TrainingRules(self.settings, self.checks, self.tables)
        return RunServices(
            spark=replace(self.spark, on_progress=_find_spark_listener(progress)),
            reader=self.tables,
            staging=self.tables.staging,
            plans=self.tables.plans,
            writer=self.tables,
            streams=self.tables.streams,
            checks=replace(self.suite_runner, pages=CheckPages.of(self.settings, secrets)),
            history=replace(self.check_history, secrets=secrets),
            models=ModelRegistrar(lambda: self.registry, rules),
            reports=ReportPages(
                Path(self.settings.reports),
                self.project.runs,
                docs=docs,
                secrets=secrets,
                publishing_runs=self._publishing_runs,
            ),
        )

    def build_run_context(
        self, secrets: tuple[str, ...] = (), progress: RunProgress | None = None
    ) -> RunContext:
        """Return the context of a run, whose log and record mask these secrets and those of the configuration."""
        from sparkops.runs.request import RunContext

        project = self.project
        return RunContext(
            root=project.root,
            state=self.settings.state,
            env=self.settings.env,
            settings=self.masked_settings,
            secrets=(*project.config.secrets, *secrets),
            wait=self.settings.wait,
            on_step=(progress or NullProgress()).step_started,
            redirect_jvm_output=self.redirect_jvm_output,
        )

    def build_lineage_events(self, secrets: tuple[str, ...] = ()) -> LineageEvents:
        """Return the writer of OpenLineage events; they show neither these secrets nor those of the configuration."""
        from sparkops.engine.adapters.lineage_events import LineageEvents

        return LineageEvents(
            settings=self.settings.lineage.openlineage,
            root=self.project.root,
            runs=self.project.runs,
            tables=self.tables,
            secrets=(*self.project.config.secrets, *secrets),
        )

    def find_lasting_columns(self, table: str) -> Mapping[str, Any] | None:
        """Return the columns of a table that no job may change, in the JSON form of Delta; None if they are unknown."""
        jobs = self.project.declared.values()
        if any(write.schema_change for job in jobs for write in job.writes if write.table == table):
            return None
        return self.tables.find_schema_json(table)

    def require_suites_fit(self, jobs: Sequence[Job]) -> None:
        """Refuse suites that cannot be evaluated on the columns that these jobs publish, as far as known without Spark.

        A table that exists keeps its columns, unless its job declares `schema_change`. The columns of any other table
        are known only once it is computed; its checkpoint validates them then.

        Raises:
            ConfigError: With file and line.
            InputError: An input that has to be checked has no suite.
        """
        from sparkops.engine.adapters.suite_hash import hash_suite
        from sparkops.runs.execution.checked_inputs import describe_missing_suite

        for job in jobs:
            for table in job.checked_inputs:
                if hash_suite(self.project.root, table) is None:
                    raise InputError(describe_missing_suite(job, table))
        for write in (write for job in jobs for write in job.writes if not write.schema_change):
            suite = self.checks.find_suite(write.table)
            columns = self.tables.find_schema_json(write.table) if suite is not None else None
            if suite is not None and columns is not None:
                advice = (
                    f"A job that gives `{write.table}` other columns or types declares `schema_change=True`."
                )
                self.checks.require_fit(suite, columns, advice=advice)

    def warm_up(self, jobs: Sequence[Job]) -> None:
        """Start in the background what runs of these jobs need: the JVM, and libraries for their checks and models.

        Raises:
            ConfigError: A suite does not fit (see `require_suites_fit`); nothing was started.
        """
        self.require_suites_fit(jobs)
        self.starter.begin()
        self.checks.warm(write.table for job in jobs for write in job.writes)
        if any(job.kind == "model" or job.models for job in jobs):
            self.project.models.preload()

    @contextmanager
    def redirect_jvm_output(self, log: MaskedFile) -> Iterator[None]:
        """Send the JVM's output to a run's log while the block runs."""
        from sparkops.runs.records.log import LineWriter

        lines = LineWriter(log.write)
        with closing(lines), self.starter.log.redirect_to(lines.add):
            yield


def _find_spark_listener(progress: RunProgress | None) -> Callable[[Snapshot], object] | None:
    """Return what receives the progress of Spark's jobs; None if nothing does, because it costs calls of the JVM."""
    return None if progress is None or isinstance(progress, NullProgress) else progress.spark_progressed
