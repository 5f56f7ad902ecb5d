"""Tag the Spark jobs of a run, list the active ones, and cancel them."""

# ruff: noqa: SLF001 - pyspark has no public access to the JVM's status store
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# A run counts as cancelled after this time without an active job.
QUIET_SECONDS: Final = 0.3
POLL_SECONDS: Final = 0.05

T = TypeVar("T")

_logger = logging.getLogger("sparkops.spark")


@contextmanager
def tag_jobs(spark: SparkSession, run_id: str, description: str = "") -> Iterator[None]:
    """Tag every Spark job that this thread starts inside the block with a run id.

    Args:
        spark: A classic or Spark Connect session.
        run_id: The tag; must not contain a comma.
        description: Job description in the Spark UI.
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
        _remove_tag(context, run_id, described=bool(description))


def find_active_jobs(spark: SparkSession, run_id: str) -> tuple[int, ...]:
    """Return the ids of a run's active Spark jobs; empty for Spark Connect, where they are unknown."""
    if is_remote(spark):
        return ()
    tracker = get_java_context(spark).statusTracker()
    with_tag = set(tracker.getJobIdsForTag(run_id))
    return tuple(sorted(with_tag & set(tracker.getActiveJobIds())))


def cancel(spark: SparkSession, run_id: str, *, wait: float = 30.0) -> bool:
    """Cancel a run's Spark jobs, including those that start meanwhile, and wait until none is active.

    Safe in a signal handler and in any thread: a separate thread calls the JVM, so that a pending call of this thread
    is not disturbed.

    Args:
        spark: The session.
        run_id: The tag passed to `tag_jobs`.
        wait: Maximum time to wait, in seconds.

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
    """Return whether the session is a Spark Connect client, without access to a JVM."""
    return not hasattr(spark, "_jsparkSession")


def get_java_context(spark: SparkSession) -> Any:
    """Return the JVM's `SparkContext`."""
    return spark.sparkContext._jsc.sc()


def _cancel(spark: SparkSession, run_id: str, wait: float) -> bool:
    if is_remote(spark):
        return _call_jvm(lambda: spark.interruptTag(run_id), otherwise=None) is not None
    deadline = time.monotonic() + wait
    quiet_since: float | None = None
    while time.monotonic() < deadline:
        active = _call_jvm(lambda: _cancel_once(spark, run_id), otherwise=None)
        if active is None:
            # The JVM has exited, and its jobs with it.
            return True
        if active:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_SECONDS:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _cancel_once(spark: SparkSession, run_id: str) -> tuple[int, ...]:
    spark.sparkContext.cancelJobsWithTag(run_id)
    return find_active_jobs(spark, run_id)


def _call_jvm(call: Callable[[], T], *, otherwise: T) -> T:
    """Call the JVM; return `otherwise` when it has exited."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever py4j and pyspark raise
        _logger.debug("Spark does not respond while a run is cancelled: %s", error)
        return otherwise


def _remove_tag(context: Any, run_id: str, *, described: bool) -> None:
    """Remove tag and description; nothing to do when the JVM has exited."""

    def remove() -> None:
        context.removeJobTag(run_id)
        context.setInterruptOnCancel(interruptOnCancel=False)
        if described:
            context.setLocalProperty("spark.job.description", None)

    _call_jvm(remove, otherwise=None)
