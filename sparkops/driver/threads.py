"""Threads whose Spark jobs belong to the run that started the threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

P = ParamSpec("P")
T = TypeVar("T")


def inherit_job_tags(spark: SparkSession, function: Callable[P, T]) -> Callable[P, T]:
    """Return the function with this thread's tags of Spark jobs: those by which a run is cancelled.

    Args:
        spark: The session, classic or of Spark Connect.
        function: The function, to be called in another thread.
    """
    from pyspark import inheritable_thread_target

    wrap: Any = inheritable_thread_target(spark)
    # pyspark returns its argument where Python's threads are not those of the JVM (PYSPARK_PIN_THREAD=false).
    return function if wrap is spark else cast("Callable[P, T]", wrap(function))
