"""A JVM that is gone: pyspark and py4j print no stack traces of it."""

from __future__ import annotations

import logging
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import pytest
from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JError

from sparkops.spark import attach
from sparkops.spark.cancel import cancel
from sparkops.spark.gateway import _connect
from sparkops.spark.progress import ProgressWatcher

# Answer of py4j's protocol: success, without a value.
VOID = b"!yv\n"


@pytest.fixture
def jvm() -> Iterator[Any]:
    """Yield the gateway of a server that answers until something is called, then resets the connection like a killed JVM."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        gateway = _connect(server.getsockname()[1], "secret", cast("subprocess.Popen[bytes]", None))
        yield gateway
        gateway.shutdown()


def serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    lines = connection.makefile("rb")
    while command := lines.readline():
        # The line after `A` is the secret; any other command ends with `e`.
        while lines.readline() not in (b"secret\n", b"e\n", b""):
            pass
        # `c` calls a method, `m` releases an object; authentication and imports are others.
        if command in (b"c\n", b"m\n"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            lines.close()
            connection.close()
            return
        connection.sendall(VOID)


def call_method(gateway: Any) -> None:
    with pytest.raises(Py4JError):
        JavaObject("o1", gateway._gateway_client).stop()


def release_object(gateway: Any) -> None:
    gateway._gateway_client.garbage_collect_object("o1", False)


@pytest.mark.parametrize("use", [call_method, release_object])
def test_a_call_of_a_jvm_that_is_killed_logs_nothing_as_the_root_logger(
    use: Callable[[Any], None], jvm: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        use(jvm)
    names = {record.name for record in caplog.records}
    assert "py4j.java_gateway" in names
    assert "root" not in names


@pytest.mark.parametrize(
    ("error", "printed"), [(EOFError(), 0), (ConnectionResetError(), 0), (ZeroDivisionError(), 1)]
)
def test_only_errors_of_accumulators_themselves_are_printed(error: Exception, printed: int) -> None:
    calls: list[Any] = []
    server = SimpleNamespace(handle_error=lambda *connection: calls.append(connection))
    attach._ignore_lost_accumulators(cast("Any", SimpleNamespace(_accumulatorServer=server)))
    with pytest.raises(type(error)):
        report(error, server)
    assert len(calls) == printed


def report(error: Exception, server: Any) -> None:
    """Raise an error, and report it to a server as Python does it."""
    try:
        raise error
    except type(error):
        server.handle_error("request", "address")
        raise


class LostSession:
    """A session whose JVM is gone: pyspark asserts, or calls what is None."""

    _jsparkSession = None  # noqa: N815 - the name in pyspark

    def __init__(self, error: Exception) -> None:
        self.error = error

    @property
    def sparkContext(self) -> Any:
        raise self.error

    def stop(self) -> None:
        raise self.error


@pytest.mark.parametrize("error", [AssertionError(), TypeError("'JavaPackage' object is not callable")])
def test_threads_that_watch_and_cancel_end_without_a_stack_trace(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    session: Any = LostSession(error)
    assert cancel(session, "a run")
    with ProgressWatcher(session, "a run", listener=lambda _: None):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [AssertionError(), TypeError("'JavaPackage' object is not callable")])
def test_a_session_whose_jvm_ends_meanwhile_is_stopped_without_an_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    silenced: list[Any] = []
    monkeypatch.setattr(attach, "silence_accumulator_errors", silenced.append)
    session: Any = LostSession(error)
    launched: Any = SimpleNamespace(jvm=SimpleNamespace(process=SimpleNamespace(poll=lambda: None)))
    attach.stop_session(launched, session)
    assert silenced == [session]


def test_a_context_that_pyspark_stopped_already_has_no_accumulators_to_silence() -> None:
    stopped: Any = SimpleNamespace(sparkContext=SimpleNamespace(_accumulatorServer=None))
    attach.silence_accumulator_errors(stopped)
    server = SimpleNamespace(handle_error=print)
    attach.silence_accumulator_errors(
        cast("Any", SimpleNamespace(sparkContext=SimpleNamespace(_accumulatorServer=server)))
    )
    assert server.handle_error is not print
