"""Real processes for tests: ports, servers that are waited for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
_SPARING = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # else a tracking server starts six more of itself


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    words: list[str], url: str, *, cwd: Path, patience: float = 90, env: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server as a process until the block ends; wait until its URL answers."""
    with (cwd / "server.log").open("w") as log:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **_SPARING, **(env or {})},
        )
        try:
            _wait(url, process, cwd / "server.log", patience)
            yield
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server; one that does not end is an error, and is not left behind."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer: {log.read_text()}")
