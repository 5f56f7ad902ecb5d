"""Ports: the services that a run uses. The engine passes adapters; tests pass fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sparkops.errors import SparkopsError
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.pipeline.model import Gate, Model, ModelVersion
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.stream import OutputMode
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion, StreamProgress
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import Attempt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkRuntime(Protocol):
    """The Spark session that runs share."""

    def begin(self, run_id: str) -> SparkSession:
        """Return the session; Spark jobs that this thread starts are tagged with the run until `end`."""

    def describe(self) -> dict[str, Any]:
        """Return Spark's version and, where known, the application's id and master."""

    def cancel(self, run_id: str) -> None:
        """Cancel the run's Spark jobs and wait until none is active."""

    def end(self, run_id: str) -> None:
        """Remove the run's tag."""


class TableReader(Protocol):
    """Tables, read at a version."""

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        """Return the version of a table that the run will read."""

    def read(self, pin: Pin) -> DataFrame:
        """Return the table at that version."""

    def count_removed(self, write: Write, values: Mapping[str, Any]) -> int:
        """Return the number of rows that publishing a frame without rows would remove.

        `values` are the run's parameters, which define the slice of a `replace`.
        """

    def explain(self, error: BaseException) -> SparkopsError | None:
        """Translate an error of Spark or Delta; return None if it is not one."""


class StagingStore(Protocol):
    """Frames that are computed once and kept until they are published."""

    def stage(self, frame: DataFrame, part: StagedPart, *, write: Write | None = ...) -> DataFrame:
        """Compute the frame once, and return a frame that reads the staged result.

        It has the rows and values that a reader of the table will find after the write.
        """

    def divide(
        self, frame: DataFrame, area: str, table: str, *, partition_by: Sequence[str] = ...
    ) -> tuple[DataFrame, DataFrame]:
        """Stage a frame that has the reasons of each row; return one frame of its good rows and one of its bad rows."""

    def find(self, part: StagedPart) -> DataFrame | None:
        """Return what an earlier attempt staged completely, or None."""

    def discard(self, area: str) -> None:
        """Remove what is staged in an area, and its plan."""


class PlanStore(Protocol):
    """The plans of publications, beside the staged frames that they are about."""

    def save(self, area: str, plan: Mapping[str, Any]) -> None:
        """Save how the staged frames of an area are to be published, as JSON values."""

    def load(self, area: str) -> Mapping[str, Any] | None:
        """Return the saved plan of an area, or None."""


class TableWriter(Protocol):
    """Tables, to which frames are published."""

    def publish(
        self,
        frame: DataFrame,
        write: Write,
        *,
        run_id: str,
        values: Mapping[str, Any] = ...,
        staged: StagedPart | None = ...,
        batch: MicroBatch | None = ...,
    ) -> PublishedVersion:
        """Publish the frame exactly once for this run, or for this micro-batch.

        `staged` is the staged part that the frame reads.
        """

    def quarantine(
        self,
        frame: DataFrame,
        *,
        table: str,
        run_id: str,
        batch: MicroBatch | None = ...,
        replace: bool = ...,
    ) -> PublishedVersion:
        """Append rejected rows to the table's quarantine exactly once for this run, or for this micro-batch.

        With `replace` they replace all rows of the quarantine.
        """

    def clear_quarantine(self, table: str, *, run_id: str, batch: MicroBatch | None = ...) -> None:
        """Remove all rows of the table's quarantine exactly once for this run, or for this micro-batch."""

    def find_published(
        self, table: str, run_id: str, batch: MicroBatch | None = ...
    ) -> PublishedVersion | None:
        """Return the version that a run or micro-batch published into a table, or None."""


class StreamRunner(Protocol):
    """Tables, read as streams."""

    def read(self, table: str) -> DataFrame:
        """Return a streaming frame of the table."""

    def run(
        self,
        frame: DataFrame,
        *,
        name: str,
        output_mode: OutputMode,
        every: str | None,
        process_batch: Callable[[DataFrame, MicroBatch], None],
        on_progress: Callable[[StreamProgress], None],
    ) -> int | None:
        """Pass every micro-batch to `process_batch`, from where the stream of that name last stopped.

        `every` is the trigger interval, as Spark writes it; None ends when all available rows are read. `on_progress` is
        called a few times in a minute.

        Returns:
            The last table version that was read; None if nothing was new, or if the table has no versions.
        """


class CheckVerdict(Protocol):
    """What a checkpoint decided about one frame."""

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """Return one result for each expectation."""

    @property
    def blocked(self) -> bool:
        """Return whether nothing may be published."""

    @property
    def block_reason(self) -> str:
        """Return which threshold of the whole table blocked it, or an empty string."""


class CheckOutcome(CheckVerdict, Protocol):
    """The verdict of a checkpoint, with the rows of the frame and the page about it."""

    @property
    def good(self) -> DataFrame:
        """Return the rows that may be published."""

    @property
    def annotated(self) -> DataFrame | None:
        """Return every row with the reasons against it, or None if no row is to be quarantined."""

    @property
    def page(self) -> CheckpointFacts | None:
        """Return what the page of this result shows, or None if it has none."""


class CheckRunner(Protocol):
    """The checkpoints of tables."""

    def hash_suite(self, table: str) -> str | None:
        """Return a hash of the table's suite, or None if it has none."""

    def is_repeatable(self, table: str) -> bool:
        """Return whether the table has a suite whose result depends on the rows alone: not on time or other tables."""

    def validate(self, table: str) -> None:
        """Raise ConfigError if the table's suite cannot be run; called before anything is computed."""

    def run_checkpoint(self, frame: DataFrame, *, table: str, run_id: str) -> CheckOutcome | None:
        """Run the table's checkpoint on the frame; return None if the table has no suite."""

    def write_docs(self, pages: Sequence[CheckpointFacts]) -> None:
        """Write the pages of results. An error is a warning: it changes no verdict and no state."""


class CheckHistory(Protocol):
    """The table that keeps the results of checks."""

    def append(
        self,
        results: Sequence[CheckResult],
        *,
        run_id: str,
        job: str,
        versions: Mapping[str, int],
        batch: MicroBatch | None = ...,
    ) -> None:
        """Append the results exactly once for this run, or for this micro-batch.

        Args:
            results: Results of every table of the run, each table's in the order of its suite.
            run_id: The run.
            job: Its job.
            versions: The version that was published, by table; empty if nothing was.
            batch: The micro-batch that was checked.
        """


class ModelRegistry(Protocol):
    """The model registry."""

    def load_version(self, name: str, *, at: int | None = None) -> ModelVersion:
        """Return the model version that the run will read."""

    def register(
        self, model: Model, *, name: str, run: Run, gates: Sequence[Gate], params: Mapping[str, Any]
    ) -> ModelVersionInfo:
        """Certify, measure and register a trained model."""


class ReportWriter(Protocol):
    """The report pages of the project."""

    def write(self, report: Report, run: Run) -> str:
        """Write the page of a report and return its path."""

    def render(self, report: Report, run: Run) -> str:
        """Return the page of a report, without writing it."""


class ResultReceiver(Protocol):
    """Receives what a job returned, in place of its publication."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the keys that the record of the run has from its beginning."""

    def prepare(self, session: SparkSession) -> AbstractContextManager[None]:
        """Return what surrounds the steps of the run, once there is a session."""

    def receive(
        self,
        result: Any,
        services: RunServices,
        attempt: Attempt,
        timer: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        """Receive what the job returned; `timer` measures a step, and `attempt` records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """The services that a run uses."""

    spark: SparkRuntime
    reader: TableReader
    staging: StagingStore
    plans: PlanStore
    writer: TableWriter
    streams: StreamRunner
    checks: CheckRunner
    history: CheckHistory
    models: ModelRegistry
    reports: ReportWriter
