"""The part of an engine that its groups of methods need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.engine.container import ServiceContainer
    from sparkops.engine.project import LoadedProject


class HasContainer(Protocol):
    """An engine with its services."""

    @property
    def project(self) -> LoadedProject:
        """Return the project."""

    @property
    def container(self) -> ServiceContainer:
        """Return the services."""

    def session(self) -> SparkSession:
        """Return the project's Spark session; the first call starts it."""
