"""The rooms as a run asks for them: each seam of `runs` filled by the room that does the work."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkops.checks.checks import Checks
from sparkops.checks.gx.data_docs import Site
from sparkops.checks.outcome import Outcome
from sparkops.config.settings import Settings
from sparkops.engine.adapters.models import TrainingChecks
from sparkops.engine.listener import Tell
from sparkops.engine.operations.expectation_history import KeptChecks, graded
from sparkops.pipeline.discovery.discover import modules
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate, Model, ModelVersion
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pipeline.report import Report
from sparkops.registry.registry import Registry
from sparkops.reports.facts import CheckedTable
from sparkops.runs.log import MaskedFile
from sparkops.runs.ports import RunServices
from sparkops.runs.record import Run
from sparkops.runs.store import RunStore
from sparkops.spark import Snapshot, Starter, Watcher, cancel, tagged
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(slots=True)
class SparkCluster:
    """The session of a starter, tagged by run, its progress told.

    Args:
        starter: Starts Spark, or has begun to.
        tell: Told each change of a run's progress.
        jobs: Folder of the jobs, whose functions Spark's workers are sent whole.
    """

    starter: Starter
    tell: Callable[[Snapshot], object]
    jobs: Path
    _open: dict[str, ExitStack] = field(default_factory=dict)

    def begin(self, run_id: str) -> SparkSession:
        """Return the session; what this thread asks of it carries the run's tag."""
        session = self.starter.session()
        by_value(self.jobs)
        stack = self._open[run_id] = ExitStack()
        stack.enter_context(tagged(session, run_id))
        stack.enter_context(Watcher(session, run_id, tell=self.tell))
        return session

    def facts(self) -> dict[str, Any]:
        """Return the application's id and Spark's version."""
        session = self.starter.session()
        facts = {"version": session.version}
        context = getattr(session, "sparkContext", None)
        return facts | ({"app_id": context.applicationId, "master": context.master} if context else {})

    def cancel(self, run_id: str) -> None:
        """Stop the run's Spark jobs and wait until none is active."""
        if run_id in self._open:
            cancel(self.starter.session(), run_id)

    def end(self, run_id: str) -> None:
        """Take the run's tag off."""
        stack = self._open.pop(run_id, None)
        if stack is not None:
            stack.close()


def by_value(jobs: Path) -> None:
    """Have functions of the jobs' files sent to workers whole: the workers cannot import those files."""
    from pyspark import cloudpickle

    for module in modules(jobs):
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class CheckGate:
    """The checkpoints of conf/checks."""

    checks: Checks
    root: Path

    def identity(self, table: str) -> str | None:
        """Return a hash of the table's suite as written."""
        path = self.root / "conf" / "checks" / f"{table}.yml"
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None

    def validate(self, table: str) -> None:
        """Refuse a suite with names or arguments that Great Expectations does not know."""
        suite = self.checks.suite(table)
        if suite is not None:
            self.checks.validate(suite)

    def gate(self, frame: DataFrame, *, table: str, run_id: str) -> Outcome | None:
        """Run the table's checkpoint on the frame."""
        suite = self.checks.suite(table)
        if suite is None:
            return None
        return graded(self.checks.gate(suite, frame, table=table, run_id=run_id), suite)

    def publish(self, run_id: str, outcomes: Sequence[Any]) -> None:
        """Build the Data Docs of the run's results."""
        del run_id
        for outcome in outcomes:
            self.checks.write_docs(outcome)


@dataclass(frozen=True, slots=True)
class ModelRegistrar:
    """The MLflow registry, told of the run and of the rules for rows."""

    registry: Callable[[], Registry]
    checks: TrainingChecks

    def version(self, name: str, *, at: int | None = None) -> ModelVersion:
        """Return the champion, or the version asked for."""
        return self.registry().version(name, at)

    def register(
        self, model: Model, *, name: str, run: Run, gates: Sequence[Gate], params: Mapping[str, Any]
    ) -> ModelVersionInfo:
        """Certify, measure and register; the table versions are those that the run pinned."""
        tables = {table: pin["version"] for table, pin in run.inputs.items()}
        return self.registry().register(
            model,
            name=name,
            run_id=run.id,
            tables=tables,
            checks=self.checks.of(tables),
            gates=gates,
            params=params,
            tags={"sparkops.job": run.job},
        )


@dataclass(frozen=True, slots=True)
class ReportPages:
    """Pages under the project's reports folder."""

    folder: Path
    store: RunStore
    docs: Path
    description: str = ""

    def publish(self, report: Report, run: Run) -> str:
        """Render the page of a run and write it."""
        from sparkops.reports import Facts, render, write

        facts = Facts.of(run, checks=self._checked(run))
        return str(write(render(report, facts), self.folder, f"{run.job}-{run.id}"))

    def _checked(self, run: Run) -> list[CheckedTable]:
        """Return what the runs that published the input versions found."""
        wanted = {(name, pin["version"]) for name, pin in run.inputs.items() if pin["version"] is not None}
        found: list[CheckedTable] = []
        for earlier in self.store.newest(limit=500):
            for name, out in earlier.outputs.items():
                if (name, out["version"]) in wanted:
                    wanted.discard((name, out["version"]))
                    found.append(_checked_table(name, out, earlier, docs=self._docs(name, earlier)))
            if not wanted:
                break
        return found

    def _docs(self, table: str, run: Run) -> str | None:
        """Return the link from the report to the table's page of Data Docs, where there is one."""
        page = Site(self.docs).page(table, run.id)
        return quote(os.path.relpath(page, self.folder)) if page.is_file() else None


def _checked_table(name: str, out: Mapping[str, Any], run: Run, *, docs: str | None) -> CheckedTable:
    from sparkops.reports import checked_table

    held = run.outputs.get(f"{name}__quarantine", {})
    results = [check for check in run.checks if check["table"] == name]
    return checked_table(
        name, results, version=out["version"], run_id=run.id, quarantined=held.get("rows"), docs=docs
    )


class Workshop:
    """The rooms of one engine, each made when it is first needed.

    Args:
        settings: The project's settings.
        tell: Told of Spark's progress.
        runs: The project's records.
        wait: Whether leaving waits until Spark has ended.
    """

    def __init__(self, settings: Settings, tell: Tell, runs: RunStore, *, wait: bool = True) -> None:
        self.settings, self.tell, self.runs, self.wait = settings, tell, runs, wait
        self.starter = Starter(settings)
        self.tables = Tables(self.starter.session, settings)
        self._tapped: ExitStack | None = None

    def __enter__(self) -> Workshop:
        """Return the workshop."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop Spark, if it was started here."""
        self.starter.stop(wait=self.wait)

    @cached_property
    def checks(self) -> Checks:
        """Return the checkpoints."""
        return Checks(self.settings)

    @cached_property
    def registry(self) -> Registry:
        """Return the registry with Spark at hand."""
        return Registry(self.settings, self.starter.session())

    @cached_property
    def cluster(self) -> SparkCluster:
        """Return the session that runs share."""
        return SparkCluster(self.starter, self.tell.spark, self.settings.root / "jobs")

    def rooms(self) -> RunServices:
        """Return the rooms as a run asks for them; this may wait for Spark to stand."""
        return RunServices(
            cluster=self.cluster,
            inputs=self.tables,
            outputs=self.tables,
            streams=self.tables.streams,
            checks=CheckGate(self.checks, self.settings.root),
            history=self.history,
            models=ModelRegistrar(
                lambda: self.registry, TrainingChecks(self.settings, self.checks, self.tables)
            ),
            pages=ReportPages(
                Path(self.settings.reports), self.runs, docs=self.settings.state / "gx" / "docs"
            ),
        )

    @property
    def history(self) -> KeptChecks:
        """Return where the results of checks are kept."""
        return KeptChecks(self.tables, self.settings.checks.results)

    def suite_identity(self, table: str) -> str | None:
        """Return a hash of a table's checks, or None where there are none."""
        return CheckGate(self.checks, self.settings.root).identity(table)

    def require_fit(self, jobs: Sequence[Job]) -> None:
        """Refuse suites that cannot be evaluated on what these jobs publish, as far as that is known without Spark.

        A table that stands here keeps its columns, unless its job declares `schema_change`; of any other table the columns
        are known once it is computed, and the checkpoint tells.

        Raises:
            ConfigError: With file and line.
        """
        for write in (each for job in jobs for each in job.writes if not each.schema_change):
            suite = self.checks.suite(write.table)
            columns = self.tables.told(write.table) if suite is not None else None
            if suite is not None and columns is not None:
                advice = (
                    f"A job that brings `{write.table}` other columns or types declares `schema_change=True`."
                )
                self.checks.require_fit(suite, columns, advice=advice)

    def warm(self, jobs: Sequence[Job]) -> None:
        """Begin what runs of these jobs will wait for: the JVM, and the checks' library where a table has checks.

        Raises:
            ConfigError: As `require_fit` does; nothing was begun.
        """
        self.require_fit(jobs)
        self.starter.begin()
        self.checks.warm(write.table for job in jobs for write in job.writes)
        if any(job.kind == "model" or job.models for job in jobs):
            Registry(self.settings).warm()

    def tap(self, log: MaskedFile | None) -> None:
        """Send the JVM's output to a run's log; None ends that."""
        if self._tapped is not None:
            self._tapped.close()
            self._tapped = None
        if log is not None:
            self._tapped = ExitStack()
            self._tapped.enter_context(
                self.starter.log.to(lambda piece: log.write(piece.decode(errors="replace")))
            )
