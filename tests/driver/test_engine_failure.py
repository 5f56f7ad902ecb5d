"""Failures of Spark's machinery are distinguished from errors of the user's code, whatever they look like."""

from __future__ import annotations

import socket

import pytest
from py4j.protocol import Py4JError, Py4JNetworkError

from sparkops.driver.engine_failure import find_engine_failure, find_failure_in_text
from sparkops.errors import EngineError

UDF = """\
org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times, most recent failure:
Lost task 0.0 in stage 1.0: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "jobs/prices.py", line 9, in ask
    raise ConnectionRefusedError("Connection refused")
{error}
\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:581)
"""


def raised_in(filename: str, error: BaseException) -> BaseException:
    """Return an error that was raised in a file of this name."""
    code = compile("def fail(error):\n    raise error\n", filename, "exec")
    names: dict[str, object] = {}
    exec(code, names)
    try:
        names["fail"](error.with_traceback(None))  # type: ignore[operator]
    except BaseException as raised:  # noqa: BLE001
        return raised
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError(111, "Connection refused"), BrokenPipeError(32, "Broken pipe"), EOFError(),
     ConnectionResetError(104, "Connection reset by peer"), OSError("socket is closed"), TimeoutError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_an_error_of_a_socket_is_sparks_where_spark_raised_it(error: BaseException) -> None:
    ours = find_engine_failure(raised_in("/site-packages/py4j/clientserver.py", error))
    assert isinstance(ours, EngineError)
    assert "The JVM of Spark ended" in str(ours)
    assert find_engine_failure(raised_in("/site-packages/pyspark/serializers.py", error)) is not None
    assert find_engine_failure(raised_in("/site-packages/urllib3/connection.py", error)) is None
    assert find_engine_failure(raised_in("/project/jobs/prices.py", error)) is None


def test_the_users_own_refused_connection_stays_the_users() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError) as raised:
            socket.create_connection(listener.getsockname(), timeout=1)
    assert find_engine_failure(raised.value) is None


@pytest.mark.parametrize(
    "error",
    [
        Py4JNetworkError("Answer from Java side is empty"),
        Py4JNetworkError("Error while sending or receiving"),
        Py4JError("An error occurred while calling o41.collectToPython"),
    ],
)
def test_an_answer_that_does_not_come_is_a_dead_jvm_also_behind_another_error(error: BaseException) -> None:
    assert find_engine_failure(error) is not None
    own = RuntimeError("the job's own handler")
    own.__context__ = error
    assert find_engine_failure(own) is not None
    own.__suppress_context__ = True
    assert find_engine_failure(own) is None


def test_a_call_that_java_refuses_is_no_dead_jvm() -> None:
    refused = Py4JError(
        "An error occurred while calling o41.no. Trace:\npy4j.Py4JException: Method no([]) does not exist"
    )
    assert find_engine_failure(refused) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("java.lang.OutOfMemoryError: Java heap space", "ran out of memory"),
        ("[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes", "ran out of memory"),
        ("java.io.IOException: No space left on device", "The disk is full"),
        ("Job 3 cancelled because SparkContext was shut down", "Spark was stopped"),
        ("Cannot call methods on a stopped SparkContext.", "Spark was stopped"),
        ("ExecutorLostFailure (executor 1 exited caused by one of the running tasks)", "lost an executor"),
        ("FetchFailed(BlockManagerId(1, host, 1, None), shuffleId=0)", "lost an executor"),
        ("org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)", "Python worker"),
    ],
)  # fmt: skip
def test_a_text_of_spark_names_its_failure(text: str, words: str) -> None:
    failure = find_failure_in_text(text)
    assert failure is not None
    assert words in str(failure)


@pytest.mark.parametrize(
    "error",
    ["ConnectionRefusedError: [Errno 111] Connection refused", "OSError: No space left on device",
     "RuntimeError: OutOfMemoryError in our own words", "ConnectionResetError: Connection reset by peer"],
)  # fmt: skip
def test_an_error_in_a_python_function_of_the_user_is_none(error: str) -> None:
    text = UDF.format(error=error)
    assert find_failure_in_text(text) is None
    assert find_failure_in_text(text, is_python=True) is None


@pytest.mark.parametrize(
    "text", ["[DIVIDE_BY_ZERO] Division by zero.", "java.net.ConnectException: Connection refused (jdbc)", ""]
)
def test_other_errors_of_spark_are_none(text: str) -> None:
    assert find_failure_in_text(text) is None
