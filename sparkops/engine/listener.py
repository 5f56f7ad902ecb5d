"""Listeners: the interface through which the engine reports the progress of runs. Several runs may be in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sparkops.errors import SparkopsError
    from sparkops.runs.records.run import Run
    from sparkops.spark.progress import Snapshot


class RunProgress(Protocol):
    """Receives what happens in one run, up to its end."""

    def step_started(self, step: str) -> None:
        """Receive the name of a step."""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Receive the progress of the run's Spark jobs."""

    def retried(self, error: SparkopsError, attempt: int, pause: float) -> None:
        """Receive the error of an attempt, its number, and the seconds until the next attempt begins."""

    def finished(self, run: Run) -> None:
        """Receive the record of the run, which succeeded."""

    def failed(self, error: SparkopsError) -> None:
        """Receive the error that stopped the run."""


class FanOutProgress(Protocol):
    """Receives what happens in a fan-out, up to its end."""

    def run_started(self, label: str) -> RunProgress:
        """Receive the values that tell one of its runs apart; return the receiver of the run's progress."""

    def finished(self, run: Run) -> None:
        """Receive the record of the fan-out, whose runs all succeeded."""

    def failed(self, error: SparkopsError) -> None:
        """Receive one error for all runs that did not succeed."""


class RunListener(Protocol):
    """Receives which runs start, and which jobs of a flow are not run."""

    def run_started(self, label: str) -> RunProgress:
        """Receive the label of a run: job and values that tell it apart; return the receiver of its progress."""

    def fan_out_started(self, job: str, count: int) -> FanOutProgress:
        """Receive the job of a fan-out and its number of runs; return the receiver of its progress."""

    def run_skipped(self, label: str, reason: str) -> None:
        """Receive the label of a run that is not needed or not possible, and why."""


class NullProgress:
    """A `RunProgress` that does nothing."""

    def step_started(self, step: str) -> None:
        """Do nothing."""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Do nothing."""

    def retried(self, error: SparkopsError, attempt: int, pause: float) -> None:
        """Do nothing."""

    def finished(self, run: Run) -> None:
        """Do nothing."""

    def failed(self, error: SparkopsError) -> None:
        """Do nothing."""


class NullFanOutProgress:
    """A `FanOutProgress` that does nothing."""

    def run_started(self, label: str) -> RunProgress:
        """Return a `NullProgress`."""
        del label
        return NullProgress()

    def finished(self, run: Run) -> None:
        """Do nothing."""

    def failed(self, error: SparkopsError) -> None:
        """Do nothing."""


class NullListener:
    """A `RunListener` that does nothing."""

    def run_started(self, label: str) -> RunProgress:
        """Return a `NullProgress`."""
        del label
        return NullProgress()

    def fan_out_started(self, job: str, count: int) -> FanOutProgress:
        """Return a `NullFanOutProgress`."""
        del job, count
        return NullFanOutProgress()

    def run_skipped(self, label: str, reason: str) -> None:
        """Do nothing."""
