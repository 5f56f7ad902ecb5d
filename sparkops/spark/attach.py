"""Attach pyspark to a context that was created in the JVM before pyspark was imported."""

# ruff: noqa: SLF001 - pyspark has no public way to use an existing context
from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkops.spark.launcher import LaunchedSpark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def attach(launched: LaunchedSpark) -> SparkSession:
    """Return a pyspark session for a launched Spark; `SparkSession.builder.getOrCreate()` returns it, too."""
    # pyspark reads the workers' interpreter only from this variable.
    os.environ["PYSPARK_PYTHON"] = launched.python
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    with preserve_sigint_handler():
        gateway = launched.jvm.gateway
        conf = SparkConf(_jvm=gateway.jvm, _jconf=launched.context.getConf())
        context = SparkContext(gateway=gateway, jsc=launched.context, conf=conf)
        return SparkSession(context, jsparkSession=launched.session)


def import_during_startup() -> None:
    """Import modules that pyspark needs at its first call (pandas: 1.4 s) while the JVM starts."""
    for name in ("pyspark.sql", "pyspark.testing"):
        try:
            importlib.import_module(name)
        except ImportError:
            # pyspark reports a missing package when it needs it.
            return


def silence_accumulator_errors(session: SparkSession) -> None:
    """Keep pyspark from printing a stack trace for each connection of a JVM that is shutting down."""
    vars(session.sparkContext._accumulatorServer)["handle_error"] = lambda *_: None


def stop_session(launched: LaunchedSpark, session: SparkSession) -> None:
    """Stop a session. A JVM that was killed, or ended by itself, has nothing left to stop."""
    from py4j.protocol import Py4JError

    if launched.jvm.process.poll() is None:
        try:
            session.stop()
        except (Py4JError, OSError):
            # It ended meanwhile; `detach` resets pyspark.
            silence_accumulator_errors(session)
    else:
        silence_accumulator_errors(session)


def detach(launched: LaunchedSpark) -> None:
    """Reset pyspark when its JVM is shutting down, so that a later start gets a new JVM.

    Finalizers of Java objects are discarded, because the JVM no longer accepts them.
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
def preserve_sigint_handler() -> Iterator[None]:
    """Restore the SIGINT handler that pyspark replaces when it creates a context in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
