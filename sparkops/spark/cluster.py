"""A Spark standalone cluster on this machine: master and worker processes from the pyspark package."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sparkops.core.private_file import open_private
from sparkops.errors import EngineError
from sparkops.spark.host import Host
from sparkops.spark.java import find_java

# Seconds until all workers must have registered.
STARTUP_TIMEOUT: Final = 90.0
LOOPBACK: Final = "127.0.0.1"


class Cluster:
    """A standalone cluster on loopback that runs inside a `with` block.

    Args:
        folder: Folder for logs, work and scratch files.
        workers: Number of worker processes.
        cores: Cores of each worker.
        memory: Memory of each worker, as Spark writes it.
    """

    def __init__(self, folder: Path, *, workers: int = 2, cores: int = 1, memory: str = "1g") -> None:
        self._folder = folder
        self._workers, self._cores, self._memory = workers, cores, memory
        self._host = Host.current()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._port, self._web_port = _find_free_port(), _find_free_port()

    @property
    def master(self) -> str:
        """Return the master URL for `spark.master`."""
        return f"spark://{LOOPBACK}:{self._port}"

    def start(self) -> Self:
        """Start the processes and wait until every worker has registered.

        Raises:
            EngineError: A process exited, or the workers did not register in time.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        web_ui = ["--webui-port", str(self._web_port)]
        try:
            self._spawn("master", "master.Master", ["--host", LOOPBACK, "--port", str(self._port), *web_ui])
            self._await(lambda state: state["status"] == "ALIVE")
            for number in range(self._workers):
                arguments = [
                    "-c",
                    str(self._cores),
                    "-m",
                    self._memory,
                    "-d",
                    str(self._folder / f"work-{number}"),
                ]
                arguments += ["--host", LOOPBACK, "--webui-port", "0", self.master]
                self._spawn(f"worker-{number}", "worker.Worker", arguments)
            self._await(lambda state: state["aliveworkers"] == self._workers)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all processes, including executors."""
        for process in reversed(self._processes):
            _signal(process, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def read_state(self) -> dict[str, Any] | None:
        """Return the state that the master reports, or None when it does not respond."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self._web_port}/json/", timeout=5) as answer:
                state: dict[str, Any] = json.load(answer)
                return state
        except (OSError, ValueError, urllib.error.URLError):
            return None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, name: str, main: str, arguments: Sequence[str]) -> None:
        home = self._host.spark_home
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{main}", *arguments]
        environ = {
            **self._host.environ,
            "SPARK_HOME": str(home),
            "JAVA_HOME": str(find_java(self._host).home),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "512m",
            "SPARK_LOCAL_DIRS": str(self._folder / "scratch"),
            "PYSPARK_PYTHON": self._host.python,
        }
        descriptor = open_private(self._folder / f"{name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with os.fdopen(descriptor, "ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environ,
                    start_new_session=True,
                )
            )

    def _await(self, is_ready: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + STARTUP_TIMEOUT
        while time.monotonic() < deadline:
            for process in self._processes:
                if process.poll() is not None:
                    raise EngineError(
                        f"A process of the cluster exited during startup: see the logs in {self._folder}."
                    )
            state = self.read_state()
            if state is not None and is_ready(state):
                return
            time.sleep(0.1)
        raise EngineError(
            f"The cluster did not start in {STARTUP_TIMEOUT:.0f} s: see the logs in {self._folder}."
        )


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process group: each process has its own session."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
