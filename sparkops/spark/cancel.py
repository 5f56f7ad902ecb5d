"""Mark the Spark jobs of a run, find those still at work, and stop them."""

# ruff: noqa: SLF001 - pyspark has no public door to the JVM's status store
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

QUIET_FOR: Final = 0.3  # seconds without an active job that count as the end
EVERY: Final = 0.05

T = TypeVar("T")

_logger = logging.getLogger("sparkops.spark")


@contextmanager
def tagged(spark: SparkSession, run_id: str, description: str = "") -> Iterator[None]:
    """Mark every Spark job that this thread starts inside the block with a run's id.

    Args:
        spark: The session, of any kind.
        run_id: The tag; no comma in it.
        description: Shown by Spark's own UI.
    """
    if is_remote(spark):
        spark.addTag(run_id)
        try:
            yield
        finally:
            spark.removeTag(run_id)
        return
    context = spark.sparkContext
    context.setInterruptOnCancel(interruptOnCancel=True)
    context.addJobTag(run_id)
    if description:
        context.setJobDescription(description)
    try:
        yield
    finally:
        _unmark(context, run_id, described=bool(description))


def active_jobs(spark: SparkSession, run_id: str) -> tuple[int, ...]:
    """Return the ids of a run's Spark jobs that are at work now; none are known behind Spark Connect."""
    if is_remote(spark):
        return ()
    tracker = java_context(spark).statusTracker()
    with_tag = set(tracker.getJobIdsForTag(run_id))
    return tuple(sorted(with_tag & set(tracker.getActiveJobIds())))


def cancel(spark: SparkSession, run_id: str, *, wait: float = 30.0) -> bool:
    """Stop a run's Spark jobs, those begun meanwhile too, and wait until none is at work.

    Safe in a signal handler and in any thread: the JVM is asked from a thread of its own, so a call that this
    thread has under way is not disturbed.

    Args:
        spark: The session.
        run_id: The tag given to `tagged`.
        wait: How long to wait, in seconds.

    Returns:
        Whether no job of the run remains.
    """
    ended: list[bool] = []
    worker = threading.Thread(
        target=lambda: ended.append(_cancel(spark, run_id, wait)), name="sparkops-cancel", daemon=True
    )
    worker.start()
    worker.join(wait + 5.0)
    return bool(ended and ended[0])


def is_remote(spark: SparkSession) -> bool:
    """Tell whether the session is a client of Spark Connect: no JVM in reach."""
    return not hasattr(spark, "_jsparkSession")


def java_context(spark: SparkSession) -> Any:
    """Return the JVM's `SparkContext`."""
    return spark.sparkContext._jsc.sc()


def _cancel(spark: SparkSession, run_id: str, wait: float) -> bool:
    if is_remote(spark):
        return _asked(lambda: bool(spark.interruptTag(run_id)) or True, otherwise=False)
    until = time.monotonic() + wait
    quiet_since: float | None = None
    while time.monotonic() < until:
        left = _asked(lambda: _cancel_once(spark, run_id), otherwise=None)
        if left is None:
            return True  # the JVM is gone, and its jobs with it
        if left:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_FOR:
            return True
        time.sleep(EVERY)
    return False


def _cancel_once(spark: SparkSession, run_id: str) -> tuple[int, ...]:
    spark.sparkContext.cancelJobsWithTag(run_id)
    return active_jobs(spark, run_id)


def _asked(question: Callable[[], T], *, otherwise: T) -> T:
    """Ask the JVM; the given answer when it is no longer there."""
    from py4j.protocol import Py4JError

    try:
        return question()
    except (Py4JError, OSError, AttributeError) as error:
        _logger.debug("Spark does not answer while a run is cancelled: %s", error)
        return otherwise


def _unmark(context: Any, run_id: str, *, described: bool) -> None:
    """Take the marks away; a JVM that is gone has none."""

    def unmark() -> None:
        context.removeJobTag(run_id)
        context.setInterruptOnCancel(interruptOnCancel=False)
        if described:
            context.setLocalProperty("spark.job.description", None)

    _asked(unmark, otherwise=None)
