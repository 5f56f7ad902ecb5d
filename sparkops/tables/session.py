"""The Spark session of this room, asked for only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from sparkops.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Session:
    """A session, what gives one, or none.

    Args:
        source: The session, a function that returns it, or None.
    """

    def __init__(self, source: SparkSession | Callable[[], SparkSession] | None) -> None:
        self._source = source
        self.settings = (
            Lock()
        )  # held while a write goes by settings of the session, which all of its threads share

    def get(self) -> SparkSession:
        """Return the session.

        Raises:
            EngineError: There is none.
        """
        if self._source is None:
            raise EngineError("This needs Spark, and no session was given.")
        return self._source() if callable(self._source) else self._source
