"""Several server processes on one port: started, restarted and stopped together. Imports no NumPy: it forks."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

# Seconds after which workers that were asked to stop are killed, and before one that did not become ready is started
# again.
_STOP_SECONDS, _RESTART_SECONDS = 20, 1.0
_STOPPED = 0

Serve = Callable[[Callable[[str], None]], None]
"""Serves until a signal; calls its argument with the URL when it accepts requests."""


class Workers:
    """The server processes.

    A worker that ends is started again. SIGINT and SIGTERM stop all. If this process is killed, they end too.

    Args:
        count: Number of processes.
        serve: What each of them does.
    """

    def __init__(self, count: int, serve: Serve) -> None:
        self._count, self._serve = count, serve
        self._running: set[int] = set()
        self._is_stopping = False
        # Workers hold its read end, which ends with this process.
        self._lifeline = os.pipe()

    def run(self, on_ready: Callable[[str], None]) -> int:
        """Run the workers until a signal, and return the exit code.

        The first one is started alone, so that a model that cannot be served is reported once; its exit code is
        returned then.

        Args:
            on_ready: Called with the URL when all workers accept requests.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        url = ""
        for _ in range(self._count):
            if self._is_stopping:
                break
            pid, url = self._start()
            if not url and not self._is_stopping:
                code = self._wait(pid)
                self._stop_all()
                self._supervise()
                return code
        if not self._is_stopping:
            on_ready(url)
        self._supervise()
        return _STOPPED

    def _supervise(self) -> None:
        """Start workers again that end, until all have been stopped."""
        while self._running:
            pid, status = os.wait()
            self._running.discard(pid)
            if self._is_stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            sys.stderr.write(f"Worker {pid} ended with exit code {code}; it is started again.\n")
            if not self._start()[1] and not self._is_stopping:
                time.sleep(_RESTART_SECONDS)

    def _start(self) -> tuple[int, str]:
        """Start a worker; return its process id, and its URL when it accepts requests, or "" if it ended before."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            self._work(write)
        self._running.add(pid)
        os.close(write)
        if self._is_stopping:
            # The signal came before the worker was known.
            _send(pid, signal.SIGTERM)
        with os.fdopen(read, "rb") as ready:
            return pid, ready.read().decode()

    def _work(self, ready: int) -> NoReturn:
        """Serve in this new process, and end it with the exit code of the command."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._lifeline[1])
        threading.Thread(target=_end_with_parent, args=(self._lifeline[0],), daemon=True).start()

        def report(url: str) -> None:
            os.write(ready, url.encode())
            os.close(ready)

        self._serve(report)
        raise SystemExit(_STOPPED)

    def _wait(self, pid: int) -> int:
        _, status = os.waitpid(pid, 0)
        self._running.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stop_all()

    def _stop_all(self) -> None:
        self._is_stopping = True
        signal.alarm(_STOP_SECONDS)
        for pid in tuple(self._running):
            _send(pid, signal.SIGTERM)

    def _kill(self, *_: Any) -> None:
        for pid in tuple(self._running):
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _end_with_parent(lifeline: int) -> None:
    """Stop this process when the process that started it is gone."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
