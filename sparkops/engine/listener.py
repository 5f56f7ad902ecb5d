"""Listeners: the interface through which the engine reports the progress of runs."""

from __future__ import annotations

from typing import Protocol

from sparkops.errors import SparkopsError
from sparkops.runs.records.run import Run
from sparkops.spark.progress import Snapshot


class ProgressListener(Protocol):
    """Receives the progress inside one run."""

    def step_started(self, step: str) -> None:
        """Receive the name of a step of the present run."""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Receive the progress of the present run's Spark jobs."""


class RunListener(ProgressListener, Protocol):
    """Receives the start and end of runs, and their progress."""

    def run_started(self, job: str) -> None:
        """Receive the name of a job whose run starts."""

    def run_finished(self, run: Run) -> None:
        """Receive the record of a run that succeeded."""

    def run_failed(self, job: str, error: SparkopsError) -> None:
        """Receive the error that stopped a run."""

    def run_retried(self, job: str, error: SparkopsError, attempt: int, pause: float) -> None:
        """Receive the error of an attempt, its number, and the seconds until the next attempt begins."""

    def job_skipped(self, job: str, reason: str) -> None:
        """Receive the name of a job of a flow that is not run, and why."""


class NullListener:
    """A `RunListener` that does nothing."""

    def run_started(self, job: str) -> None:
        """Do nothing."""

    def run_finished(self, run: Run) -> None:
        """Do nothing."""

    def run_failed(self, job: str, error: SparkopsError) -> None:
        """Do nothing."""

    def run_retried(self, job: str, error: SparkopsError, attempt: int, pause: float) -> None:
        """Do nothing."""

    def job_skipped(self, job: str, reason: str) -> None:
        """Do nothing."""

    def step_started(self, step: str) -> None:
        """Do nothing."""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Do nothing."""
