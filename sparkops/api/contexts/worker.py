"""A worker: executes runs in threads of its process, with one engine and one Spark."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Final

from sparkops.api.contexts.messages import (
    Broken,
    Drain,
    Message,
    Ready,
    Setup,
    StartRun,
    decode,
    encode,
)
from sparkops.api.contexts.run_request import execute_request
from sparkops.core.bounded_file import read_text
from sparkops.engine.engine import Engine
from sparkops.errors import SparkopsError

_log = logging.getLogger("sparkops.api")
_STATUS: Final = 1 << 16


class ContextWorker:
    """Executes the runs that a service sends.

    Args:
        setup: The project, and how many runs are executed at the same time.
        connection: The socket to the service.
    """

    def __init__(self, setup: Setup, connection: socket.socket) -> None:
        self._began = monotonic()
        self._engine = Engine(setup.root, env=setup.env, overrides=setup.overrides, wait=False)
        self._connection = connection
        self._lock = threading.Lock()
        self._runs: list[threading.Thread] = []
        # Names of pools of the FAIR scheduler that no run uses: Spark keeps every pool that it was given.
        self._pools = SimpleQueue[str]()
        for number in range(setup.max_runs):
            self._pools.put(f"sparkops-{number + 1}")

    def serve(self, lines: Iterable[bytes]) -> int:
        """Execute runs until the service has no more, and return the exit code."""
        with self._engine:
            starter = threading.Thread(target=self._start_spark, name="sparkops-start")
            starter.start()
            for line in lines:
                message = decode(line)
                if isinstance(message, Drain):
                    break
                if isinstance(message, StartRun):
                    self._start(message)
            starter.join()
            for run in self._runs:
                run.join()
        return 0

    def _start(self, request: StartRun) -> None:
        """Execute a run in a thread of its own, whose settings and temporary views end with it."""
        self._runs = [run for run in self._runs if run.is_alive()]
        run = threading.Thread(target=self._execute, args=(request,), name=f"sparkops-run-{request.run_id}")
        self._runs.append(run)
        run.start()

    def _start_spark(self) -> None:
        starter = self._engine.container.starter
        try:
            # Runs that are given to the process before it is ready only wait: they can be cancelled at once.
            with starter.reserve_session():
                starter.begin()
                with suppress(SparkopsError):
                    # What the first runs import: a project that cannot be used is reported by its runs.
                    self._engine.container.warm_up(list(self._engine.project.declared.values()))
                starter.get_shared_session()
        except SparkopsError as error:
            self._send(Broken(reason=str(error)))
        else:
            self._send(Ready(seconds=monotonic() - self._began))

    def _execute(self, request: StartRun) -> None:
        pool = self._pools.get()
        try:
            ended = execute_request(self._engine, request, pool)
        finally:
            self._pools.put(pool)
        starter = self._engine.container.starter
        if starter.has_ended:
            self._send(Broken(reason="Spark's process has ended."))
            # The run may be continued elsewhere: it was not its own error that stopped it.
            ended = replace(ended, state="crashed") if ended.state == "failed" else ended
        memory = read_memory("self") + (read_memory(str(starter.pid)) if starter.pid is not None else 0)
        self._send(replace(ended, memory=memory))

    def _send(self, message: Message) -> None:
        try:
            with self._lock:
                self._connection.sendall(encode(message))
        except OSError:
            # The service has ended. The next one reads in the records how the runs ended.
            _log.debug("the service does not read any more")


def read_memory(process: str) -> int:
    """Return the bytes of memory that a process holds; 0 where that cannot be read."""
    try:
        status = read_text(Path(f"/proc/{process}/status"), _STATUS)
    except (OSError, ValueError):
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(sizes[0]) * 1024 if sizes else 0
