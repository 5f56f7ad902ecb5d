"""A session of its own for a thread: same application, other settings and temporary views."""

# ruff: noqa: SLF001 - pyspark has no public access to the active session of a thread
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkops.spark.cancel import get_java_context

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def make_own_session(shared: SparkSession, pool: str) -> SparkSession:
    """Return a new session with the settings of a shared one, and make it the active one of this thread.

    Args:
        shared: A classic session.
        pool: Name of the thread's pool of the FAIR scheduler.
    """
    own = shared.newSession()
    _copy_settings(shared, own)
    _get_java_class(own).setActiveSession(own._jsparkSession)
    own.sparkContext.setLocalProperty("spark.scheduler.pool", pool)
    return own


def _copy_settings(source: SparkSession, target: SparkSession) -> None:
    """Set the settings of the source that differ from the target's defaults, as far as a session may change them."""
    defaults = target._jsparkSession.conf().getAll()
    changed = [
        (pair._1(), pair._2())
        for pair in _list_pairs(source._jsparkSession.conf().getAll())
        if not defaults.contains(pair._1()) or defaults.apply(pair._1()) != pair._2()
    ]
    for name, value in changed:
        if target.conf.isModifiable(name):
            target.conf.set(name, value)


def _list_pairs(scala_map: Any) -> list[Any]:
    iterator, pairs = scala_map.iterator(), []
    while iterator.hasNext():
        pairs.append(iterator.next())
    return pairs


def _get_java_class(session: SparkSession) -> Any:
    # Fails, with the error of pyspark, where the session was stopped and has no JVM.
    get_java_context(session)
    return session._jvm.org.apache.spark.sql.classic.SparkSession  # type: ignore[union-attr]
