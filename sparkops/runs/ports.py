"""What a run asks of the rooms beside it; the engine hands them in, tests hand in fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sparkops.errors import SparkopsError
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.model import Gate, Model, ModelVersion
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pipeline.report import Report
from sparkops.pipeline.stream import OutputMode
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.record import Run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Inputs(Protocol):
    """Tables as they are read."""

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        """Return the version of a table that the run will read."""

    def read(self, pin: Pin) -> DataFrame:
        """Return the table at that version."""

    def explain(self, error: BaseException) -> SparkopsError | None:
        """Return what an error of Spark or Delta means, or None when it is not theirs."""


class Outputs(Protocol):
    """Tables as they are written."""

    def stage(
        self, frame: DataFrame, *, table: str, run_id: str, partition_by: Sequence[str] = ...
    ) -> DataFrame:
        """Compute the frame once and return what reads the result back."""

    def staged(self, table: str, run_id: str) -> DataFrame | None:
        """Return what an earlier attempt staged whole, or None."""

    def publish(
        self,
        frame: DataFrame,
        write: Write,
        *,
        run_id: str,
        values: Mapping[str, Any] = ...,
        staged: bool = ...,
        batch: MicroBatch | None = ...,
    ) -> PublishedVersion:
        """Publish the frame exactly once for this run, or for the micro-batch that it is.

        `staged` says that it is all that was staged for the table.
        """

    def quarantine(
        self, frame: DataFrame, *, table: str, run_id: str, batch: MicroBatch | None = ...
    ) -> PublishedVersion:
        """Append rejected rows to the table's quarantine exactly once for this run, or for this micro-batch."""

    def discard(self, run_id: str) -> None:
        """Remove what the run staged."""


class Streams(Protocol):
    """Tables as streams."""

    def read(self, table: str) -> DataFrame:
        """Return what comes into a table, as a streaming frame."""

    def run(
        self,
        frame: DataFrame,
        *,
        name: str,
        output_mode: OutputMode,
        every: str | None,
        each: Callable[[DataFrame, MicroBatch], None],
    ) -> int | None:
        """Hand every micro-batch to `each`, from where the stream of that name stopped last.

        Returns:
            The table's version up to which was read; None where nothing new was, or where there are no versions.
        """


class Outcome(Protocol):
    """What a checkpoint decided about one frame."""

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """Return one result per expectation."""

    @property
    def good(self) -> DataFrame:
        """Return the rows that may be published."""

    @property
    def bad(self) -> DataFrame | None:
        """Return the rows to quarantine, with their reasons."""

    @property
    def blocked(self) -> bool:
        """Tell whether nothing may be published."""

    @property
    def why_blocked(self) -> str:
        """Return what blocked the table when no single check did."""


class Gatekeeper(Protocol):
    """Data-validation checkpoints."""

    def identity(self, table: str) -> str | None:
        """Return a hash of the table's suite, or None where there is none."""

    def validate(self, table: str) -> None:
        """Refuse a suite that cannot be run, before anything is computed."""

    def gate(self, frame: DataFrame, *, table: str, run_id: str) -> Outcome | None:
        """Run the table's checkpoint on the frame; None where there is no suite."""

    def publish(self, run_id: str, outcomes: Sequence[Outcome]) -> None:
        """Make the results visible as Data Docs."""


class CheckHistory(Protocol):
    """Where the results of checks are kept for good."""

    def keep(
        self,
        results: Sequence[CheckResult],
        *,
        run_id: str,
        job: str,
        versions: Mapping[str, int],
        batch: MicroBatch | None = ...,
    ) -> None:
        """Keep the results once for this run, or for this micro-batch.

        Args:
            results: Of every table of the run, each table's in the order of its suite.
            run_id: The run.
            job: Its job.
            versions: Table to the version that was published; empty where nothing was.
            batch: The micro-batch that was checked.
        """


class Registrar(Protocol):
    """The model registry."""

    def version(self, name: str, *, at: int | None = None) -> ModelVersion:
        """Return the model version that the run will read."""

    def register(
        self, model: Model, *, name: str, run: Run, gates: Sequence[Gate], params: Mapping[str, Any]
    ) -> ModelVersionInfo:
        """Certify, measure and register a trained model."""


class Pages(Protocol):
    """Report pages."""

    def publish(self, report: Report, run: Run) -> str:
        """Write the page and return its path."""


class Cluster(Protocol):
    """The Spark session that runs share."""

    def begin(self, run_id: str) -> SparkSession:
        """Return the session, its jobs named after the run."""

    def facts(self) -> dict[str, Any]:
        """Return the application's id and the versions in use."""

    def cancel(self, run_id: str) -> None:
        """Stop the run's Spark jobs and wait until none is active."""

    def end(self, run_id: str) -> None:
        """Leave the session as it was before the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """The rooms beside this one, by what a run asks of them."""

    cluster: Cluster
    inputs: Inputs
    outputs: Outputs
    checks: Gatekeeper
    history: CheckHistory
    models: Registrar
    pages: Pages
    streams: Streams
