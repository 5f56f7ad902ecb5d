"""Attach pyspark to a context that was created in the JVM before pyspark was imported."""

# ruff: noqa: SLF001 - pyspark has no public way to use an existing context
from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sparkops.spark.launcher import LaunchedSpark

if TYPE_CHECKING:
    from pyspark import SparkContext
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
    # Models of `pyspark.mllib` release their Java objects by it, even after `detach`.
    vars(context)["_gateway"] = gateway
    _ignore_lost_accumulators(context)
    return SparkSession(context, jsparkSession=launched.session)


def import_during_startup() -> None:
    """Import modules that pyspark needs at its first call (pandas: 1.4 s) while the JVM starts."""
    for name in ("pyspark.sql", "pyspark.testing"):
        try:
            importlib.import_module(name)
        except ImportError:
            # pyspark reports a missing package when it needs it.
            return


def _ignore_lost_accumulators(context: SparkContext) -> None:
    """Keep pyspark from printing a stack trace for each connection of a JVM that was killed; it prints other errors."""
    server = context._accumulatorServer
    print_error = server.handle_error

    def handle_error(request: Any, address: Any) -> None:
        if not isinstance(sys.exc_info()[1], EOFError | OSError):
            print_error(request, address)

    vars(server)["handle_error"] = handle_error


def silence_accumulator_errors(session: SparkSession) -> None:
    """Keep pyspark from printing a stack trace for each connection of a JVM that is shutting down."""
    server = session.sparkContext._accumulatorServer
    # None after pyspark stopped the context, although the JVM had ended before.
    if server is not None:
        vars(server)["handle_error"] = lambda *_: None


def stop_session(launched: LaunchedSpark, session: SparkSession) -> None:
    """Stop a session. A JVM that was killed, or ended by itself, has nothing left to stop."""
    if launched.jvm.process.poll() is not None:
        silence_accumulator_errors(session)
        return
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Unable to cleanly shutdown Spark JVM")
            session.stop()
    except Exception:  # noqa: BLE001 - whatever py4j raises
        # It ended meanwhile; `detach` resets pyspark.
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
        # Before the shutdown, because objects that are released during it use the gateway.
        SparkContext._active_spark_context = None
        SparkContext._gateway = SparkContext._jvm = None
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
