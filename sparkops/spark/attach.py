"""Make pyspark take a context that was made in the JVM before pyspark was imported."""

# ruff: noqa: SLF001 - pyspark has no public door for a context that is there already
from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkops.spark.launched import Launched

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def attach(launched: Launched) -> SparkSession:
    """Return pyspark's own session over a launched Spark; `SparkSession.builder.getOrCreate()` finds it too."""
    os.environ["PYSPARK_PYTHON"] = (
        launched.python
    )  # pyspark reads the workers' interpreter there, and only there
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    with interrupts_kept():
        gateway = launched.jvm.gateway
        conf = SparkConf(_jvm=gateway.jvm, _jconf=launched.context.getConf())
        context = SparkContext(gateway=gateway, jsc=launched.context, conf=conf)
        return SparkSession(context, jsparkSession=launched.session)


def import_meanwhile() -> None:
    """Import, while the JVM comes up, what pyspark imports at its first call into it: pandas, 1.4 s of it."""
    for name in ("pyspark.sql", "pyspark.testing"):
        try:
            importlib.import_module(name)
        except ImportError:  # pyspark itself says what it misses, when it misses it
            return


def unheard(session: SparkSession) -> None:
    """Let the connections of a JVM that is about to go end without a word; pyspark would print a stack trace of each."""
    vars(session.sparkContext._accumulatorServer)["handle_error"] = lambda *_: None


def detach(launched: Launched) -> None:
    """Make pyspark forget a JVM that is about to go, so that a later start gets a new one.

    What Python still holds of the JVM's objects is not sent back any more: nobody would be there to take it.
    """
    launched.jvm.gateway._gateway_client.finalizer_deque.clear()
    if "pyspark" not in sys.modules:
        launched.jvm.gateway.shutdown()
        return
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._gateway is launched.jvm.gateway:
        SparkContext._gateway = SparkContext._jvm = None
        SparkContext._active_spark_context = None
        SparkSession._instantiatedSession = SparkSession._activeSession = None
    launched.jvm.gateway.shutdown()


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Take back the Ctrl-C handler that pyspark puts in place when it makes a context in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
