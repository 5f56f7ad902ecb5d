"""The server as a process: its address, its port, its speed, its limits, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.raw_http import ROOT, ServerProcess, post_request, read_reply, scoring_server

from sparkops.errors import EngineError
from sparkops.serving.listener import listen

SERVE = """
import sys
sys.path.insert(0, "tests")
from fakes.scorer import TenTimesScorer
from sparkops.serving.app import create_app
from sparkops.serving.listener import listen
from sparkops.serving.request_body import BodyLimits
from sparkops.serving.server import ServerLimits, run
from sparkops.serving.service import Service
service = Service(TenTimesScorer(), name="tens", limits=BodyLimits(timeout=1.0))
limits = ServerLimits(max_connections=5, header_timeout=1.0, keep_alive=5)
with listen("127.0.0.1", 0) as listener:
    run(create_app(service), listener, limits=limits, on_ready=lambda url: print(url, flush=True))
print("stopped")
"""
MODEL = ROOT / "tests" / "golden" / "v1" / "models" / "spark" / "scorer"
ROWS = {"instances": [{"x": 1.0, "kind": "a"}]}
LIVE = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n"


@contextmanager
def running_server() -> Iterator[ServerProcess]:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        try:
            yield ServerProcess(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running_server() as running:
        yield running


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_on_a_free_port_until_a_signal_stops_it(stop: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/health/ready", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(stop)
        assert process.communicate(timeout=20)[0] == "stopped\n"
        assert process.returncode == 0


def test_an_occupied_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(
                EngineError, match=rf"Can't listen on 127\.0\.0\.1:{port} \(Address already in use\)\. Pass"
            ),
            listen("127.0.0.1", port),
        ):
            pass


def test_a_request_on_an_open_connection_does_not_wait_for_an_acknowledgement(server: ServerProcess) -> None:
    request, times = post_request(ROWS), []
    with server.connect() as connection:
        for _ in range(20):
            start = time.perf_counter()
            connection.sendall(request)
            assert read_reply(connection).status == 200
            times.append(time.perf_counter() - start)
    # Without TCP_NODELAY every answer takes 40 ms.
    assert statistics.median(times) < 0.02


@pytest.mark.parametrize("start", [b"", b"POST /invo", b"POST /invocations HTTP/1.1\r\nhost: x\r\n"])
def test_a_client_that_does_not_finish_the_head_of_a_request_is_disconnected(
    server: ServerProcess, start: bytes
) -> None:
    with server.connect() as connection:
        connection.sendall(start)
        reply = read_reply(connection)
        assert (reply.status, reply.json()["error_code"]) == (408, "REQUEST_TIMEOUT")
        assert connection.recv(100) == b""


def test_a_second_request_must_be_finished_too(server: ServerProcess) -> None:
    with server.connect() as connection:
        connection.sendall(post_request(ROWS))
        assert read_reply(connection).status == 200
        connection.sendall(b"POST /invocations HTTP/1.1\r\n")
        assert read_reply(connection).status == 408


def test_a_client_may_be_idle_between_two_requests(server: ServerProcess) -> None:
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(LIVE)
            assert read_reply(connection).status == 200
            time.sleep(2.5)


def test_a_body_that_does_not_arrive_is_refused(server: ServerProcess) -> None:
    with server.connect() as connection:
        connection.sendall(post_request(b"{", content_length="100"))
        reply = read_reply(connection)
        assert (reply.status, reply.json()["error_code"]) == (408, "REQUEST_TIMEOUT")
        assert "did not arrive in 1 s" in reply.json()["message"]


def test_a_client_that_reads_no_answer_is_disconnected() -> None:
    answer_size = 60_000_000
    rows = json.dumps({"instances": [[1, "a"]] * 100_000}).encode()
    with running_server() as running, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", running.port))
        connection.settimeout(30)
        for _ in range(3):
            connection.sendall(post_request(rows))
        time.sleep(8)
        assert _count_bytes(connection) < answer_size
        assert running.send(LIVE).status == 200


def _count_bytes(connection: socket.socket) -> int:
    """Return how many bytes can be read until the connection ends or is reset."""
    count = 0
    try:
        while part := connection.recv(65536):
            count += len(part)
    except ConnectionResetError:
        pass
    return count


def test_further_connections_are_refused_until_others_end() -> None:
    with running_server() as running:
        with ExitStack() as stack:
            for _ in range(5):
                connection = stack.enter_context(running.connect())
                connection.sendall(LIVE)
                assert read_reply(connection).status == 200
            reply = running.send(LIVE)
            assert (reply.status, reply.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
            assert "5 connections" in reply.json()["message"]
            connection.sendall(LIVE)
            assert read_reply(connection).status == 200
        assert wait_for(lambda: running.send(LIVE).status == 200)


def wait_for(is_true: Any, seconds: float = 10) -> bool:
    """Return whether a condition becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.05)
    return False


def test_small_requests_are_answered_while_a_large_one_is_scored(server: ServerProcess) -> None:
    rows = json.dumps({"instances": [{"x": float(each), "kind": "a"} for each in range(100_000)]}).encode()
    with server.connect(60) as large, server.connect(60) as small:
        large.sendall(post_request(rows))
        times = []
        large.setblocking(False)
        while not _has_data(large):
            start = time.perf_counter()
            small.sendall(LIVE)
            assert read_reply(small).status == 200
            times.append(time.perf_counter() - start)
        large.settimeout(60)
        assert len(read_reply(large).json()["predictions"]) == 100_000
    assert len(times) > 10
    assert statistics.median(times) < 0.1


def test_a_request_under_way_is_answered_before_the_server_stops() -> None:
    rows = json.dumps({"instances": [{"x": float(each), "kind": "a"} for each in range(20_000)]}).encode()
    with running_server() as running, running.connect(60) as connection:
        connection.sendall(post_request(rows))
        # Until it has been received, and a thread scores it.
        assert wait_for(lambda: running.post(ROWS).status == 200)
        running.process.send_signal(signal.SIGTERM)
        assert len(read_reply(connection).json()["predictions"]) == 20_000
        assert running.process.communicate(timeout=20)[0] == "stopped\n"


def test_large_bodies_that_do_not_arrive_take_no_memory_without_limit() -> None:
    start = post_request(b"{", content_length="10000000")
    with scoring_server(MODEL) as running, ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(running.connect()).sendall(start)
        assert wait_for(lambda: running.post(b" " * 70_000).status == 503)
        reply = running.post(b" " * 70_000)
        assert "64 large requests" in reply.json()["message"]
        assert running.post({"instances": []}).status == 200
        stack.close()
        assert wait_for(lambda: running.post(b" " * 70_000).status == 400)


def _has_data(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def children(pid: int) -> set[int]:
    """Return the processes that a process started."""
    text = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return {int(word) for word in text.split()}


def test_workers_share_a_port_and_are_started_again() -> None:
    with scoring_server(MODEL, "--workers", "2") as running:
        first = children(running.process.pid)
        assert len(first) == 2
        assert running.post({"instances": []}).json() == {"predictions": []}
        os.kill(min(first), signal.SIGKILL)
        assert wait_for(lambda: len(children(running.process.pid) - first) == 1)
        assert wait_for(lambda: all(_is_answered(running) for _ in range(20)))
        with (
            pytest.raises(EngineError, match="Address already in use"),
            listen("127.0.0.1", running.port),
        ):
            pass
        started = children(running.process.pid)
    # The context asserts exit code 0.
    assert not any(_is_running(pid) for pid in started)


def _is_answered(running: ServerProcess) -> bool:
    try:
        return running.send(LIVE).status == 200
    except OSError:
        return False


def test_workers_end_when_the_process_that_started_them_is_killed() -> None:
    command = [sys.executable, "-c", "from sparkops.cli.main import main; main()", "serve", str(MODEL)]
    with subprocess.Popen(
        [*command, "--port", "0", "--workers", "2"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Serving")
        workers = children(process.pid)
        process.kill()
        process.wait()
    assert len(workers) == 2
    assert wait_for(lambda: not any(_is_running(pid) for pid in workers), 20)


def _is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False


def test_a_model_that_cannot_be_served_by_workers_is_reported_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from sparkops.cli.main import main; main()", "serve", str(tmp_path)]
    alone, together = (
        subprocess.run(
            [*command, "--port", "0", *words], capture_output=True, text=True, check=False, timeout=60
        )
        for words in ([], ["--workers", "3"])
    )
    assert alone.returncode == together.returncode != 0
    assert alone.stderr == together.stderr
    assert together.stderr.count("Error: ") == 1


def test_the_first_row_that_violates_a_rule_is_logged(tmp_path: Path) -> None:
    model = ROOT / "tests" / "golden" / "v1" / "artifacts" / "with_rules"
    row = {"c": "a", "d": "u", "x": 0.5, "g": None, "n": 1}
    with (tmp_path / "log").open("w") as log, scoring_server(model, stderr=log) as running:
        for _ in range(2):
            running.post({"instances": [row]})
        assert running.send(b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n").json()["rules_broken"]
    assert (tmp_path / "log").read_text("utf-8").count("WARNING Field `g`: None violates") == 1


def test_the_command_chooses_how_extra_fields_and_invalid_rows_are_answered() -> None:
    rows = {"instances": [{"id": 44, "shop": "east", "amount": 1.0, "key": "k"}, {"id": "x"}]}
    with scoring_server(MODEL, "--extra", "pass", "--on-error", "null") as running:
        answer = running.post(rows).json()
    assert [row["extra"] for row in answer["predictions"]] == [{"key": "k"}, {}]
    assert [error["row"] for error in answer["errors"]] == [1]
