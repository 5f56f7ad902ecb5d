"""The Spark session, started only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from sparkops.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Session:
    """Provides the Spark session, which is started when it is first needed.

    Args:
        source: The session, a function that returns it, or None if there is none.

    Attributes:
        settings_lock: Held while a commit depends on settings of the session, which all threads share.
    """

    def __init__(self, source: SparkSession | Callable[[], SparkSession] | None) -> None:
        self._source = source
        self.settings_lock = Lock()

    def get(self) -> SparkSession:
        """Return the session.

        Raises:
            EngineError: There is none.
        """
        if self._source is None:
            raise EngineError(
                "This needs Spark, and no session was given: pass a SparkSession, or a function that returns one."
            )
        return self._source() if callable(self._source) else self._source
