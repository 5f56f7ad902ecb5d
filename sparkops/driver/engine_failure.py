"""Recognize failures of Spark itself that no job caused: a dead JVM, lost executors, full memory or disk."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import PurePath

from sparkops.errors import EngineError

_PACKAGES = ("py4j", "pyspark", "grpc")
# Modules of Python's library that py4j and pyspark read and write sockets with.
_SOCKET_MODULES = ("socket.py", "ssl.py")
_NO_ANSWER = re.compile(r"^An error occurred while calling \S+$")
_NO_SERVER = re.compile(r"StatusCode\.UNAVAILABLE|failed to connect to all addresses")
_PYTHON_TRACEBACK = re.compile(
    r"^.*Traceback \(most recent call last\):.*?(?=^\s*at [\w.$]+\(|\Z)", re.DOTALL | re.MULTILINE
)
_LOST_JVM = (
    "The JVM of Spark ended while the run used it: it crashed, was killed, or the machine's memory was exhausted. "
    "The end of the run's log says which. If memory was exhausted, give the machine more."
)
_OUT_OF_MEMORY = (
    "Spark ran out of memory. Give it more: `--set spark.conf.spark.driver.memory=4g` (on a cluster "
    "`spark.executor.memory`)."
)
_FULL_DISK = (
    "The disk is full, and Spark could not write. Free disk space, or set "
    "`spark.conf.spark.local.dir` to a folder on a larger disk."
)
_STOPPED = (
    "Spark was stopped while the run used it: by a call of `spark.stop()`, which a job must not "
    "make, or because its JVM was ended."
)
_LOST_EXECUTOR = (
    "Spark lost an executor, and gave up after several attempts. Most often its memory is exhausted, or its machine "
    "is gone: give `spark.executor.memory` or `spark.executor.memoryOverhead` more, or read the cluster's own logs."
)
_LOST_WORKER = (
    "A Python worker of Spark ended without an answer: it crashed or was killed, most often because the machine's "
    "memory is exhausted. Use fewer cores (`spark.master: local[2]`), or give the machine more memory."
)
# Pattern in the text of Spark's error, and the message of the failure that it means.
_RULES = (
    (
        re.compile(
            r"OutOfMemoryError|Java heap space|GC overhead limit|UNABLE_TO_ACQUIRE_MEMORY|Cannot allocate memory"
        ),
        _OUT_OF_MEMORY,
    ),
    (re.compile(r"No space left on device|Disk quota exceeded"), _FULL_DISK),
    (
        re.compile(r"SparkContext (?:was|has been) (?:shut ?down|stopped)|stopped SparkContext"),
        _STOPPED,
    ),
    (
        re.compile(
            r"ExecutorLostFailure|Executor heartbeat timed out|Remote RPC client disassociated|(?:Slave|Worker) lost"
            r"|Container killed by|FetchFailed|Master removed our application|All masters are unresponsive"
        ),
        _LOST_EXECUTOR,
    ),
    (re.compile(r"Python worker (?:exited unexpectedly|failed to connect back)"), _LOST_WORKER),
)
_LOST_CONNECTION = re.compile(
    r"Answer from Java side is empty|Error while sending|Connection refused|Connection reset|Broken pipe"
)


def find_engine_failure(error: BaseException) -> EngineError | None:
    """Return the failure of Spark itself that caused an error; None if there is none.

    A socket error counts only if py4j or pyspark raised it: the job may have connections of its own.
    """
    for cause in _iterate_causes(error):
        if _is_lost_connection(cause):
            return EngineError(_LOST_JVM)
        if _get_package(type(cause).__module__) in _PACKAGES:
            failure = find_failure_in_text(read_error_text(cause) or "")
            if failure is not None:
                return failure
    return None


def find_failure_in_text(text: str, *, is_python: bool = False) -> EngineError | None:
    """Return the failure of Spark itself that the text of an error names; None if it names none.

    Args:
        text: Spark's message. Tracebacks of user functions that are in it do not count.
        is_python: Whether the error was raised in Python, where a lost connection to the JVM is such a failure, too.
    """
    java_text = _PYTHON_TRACEBACK.sub("", text)
    for pattern, message in _RULES:
        if pattern.search(java_text):
            return EngineError(message)
    return EngineError(_LOST_JVM) if is_python and _LOST_CONNECTION.search(java_text) else None


def _iterate_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from or while handling."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _is_lost_connection(error: BaseException) -> bool:
    """Return whether the connection of Python to the JVM, or to a server of Spark Connect, is gone."""
    if isinstance(error, OSError | EOFError):
        return _is_raised_by_spark(error)
    package = _get_package(type(error).__module__)
    if package not in _PACKAGES:
        return False
    text = read_error_text(error)
    if text is None or type(error).__name__ == "Py4JNetworkError":
        return True
    return _NO_ANSWER.match(text) is not None if package == "py4j" else _NO_SERVER.search(text) is not None


def _is_raised_by_spark(error: BaseException) -> bool:
    """Return whether the innermost frame, apart from those of Python's sockets, is one of py4j or pyspark."""
    files = [PurePath(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    callers = [file for file in files if file.name not in _SOCKET_MODULES]
    return bool(callers) and not set(_PACKAGES).isdisjoint(callers[-1].parts)


def _get_package(module: str) -> str:
    return module.partition(".")[0]


def read_error_text(error: BaseException) -> str | None:
    """Return the text of an error; None if py4j would have to ask a JVM that has ended."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever py4j raises, the JVM does not answer
        return None
