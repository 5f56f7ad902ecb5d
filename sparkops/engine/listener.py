"""Who is told how runs go, and the one who says nothing."""

from __future__ import annotations

from typing import Protocol

from sparkops.errors import SparkopsError
from sparkops.runs.flow import Told
from sparkops.spark.progress import Snapshot


class Tell(Told, Protocol):
    """Told of runs, their steps and Spark's progress."""

    def step(self, name: str) -> None:
        """A step of the present job begins."""

    def spark(self, seen: Snapshot) -> None:
        """Spark got further."""


class Silent:
    """Says nothing."""

    def begins(self, job: str) -> None:
        """Say nothing."""

    def ended(self, run: object) -> None:
        """Say nothing."""

    def stopped(self, job: str, error: SparkopsError) -> None:
        """Say nothing."""

    def left(self, job: str, why: str) -> None:
        """Say nothing."""

    def step(self, name: str) -> None:
        """Say nothing."""

    def spark(self, seen: Snapshot) -> None:
        """Say nothing."""
