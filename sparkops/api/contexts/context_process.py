"""A worker process, as the service sees it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sparkops.api.contexts.messages import (
    MAX_MESSAGE,
    Broken,
    Drain,
    Message,
    Ready,
    RunEnded,
    Setup,
    StartRun,
    decode,
    encode,
)

# The program of a worker; the descriptor of its socket is its only argument.
WORKER: Final = (sys.executable, "-m", "sparkops.api.contexts.worker_main")


@dataclass(slots=True, kw_only=True)
class ContextProcess:
    """A process that executes runs. Its methods are called in the service's event loop.

    Args:
        setup: The project, and how many runs the process executes at the same time.
        on_ended: Called with the end of each run.
        on_exit: Called with the runs that the process had not ended, when it is gone.
        command: The program.

    Attributes:
        runs: Ids of the runs that it executes.
        started: Number of runs that it was given.
        memory: Bytes of memory after its last run.
        is_ready: Whether Spark answers.
        is_closing: Whether it gets no more runs.
        problem: Why Spark cannot be used, if it cannot.
    """

    setup: Setup
    on_ended: Callable[[ContextProcess, RunEnded], None]
    on_exit: Callable[[ContextProcess, set[str]], None]
    command: tuple[str, ...] = WORKER
    runs: set[str] = field(default_factory=set)
    started: int = 0
    memory: int = 0
    is_ready: bool = False
    is_closing: bool = False
    problem: str | None = None
    _process: subprocess.Popen[bytes] | None = None
    _writer: asyncio.StreamWriter | None = None
    _reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Return the id of the process."""
        return self._process.pid if self._process is not None else None

    @property
    def free(self) -> int:
        """Return how many more runs it takes now."""
        return 0 if self.is_closing else self.setup.max_runs - len(self.runs)

    async def launch(self) -> None:
        """Start the process; runs may be given to it at once, and begin when Spark answers."""
        own, other = socket.socketpair()
        with other:
            # In a session of its own: a signal to the service's terminal does not reach it.
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [*self.command, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                start_new_session=True,
            )
        reader, self._writer = await asyncio.open_unix_connection(sock=own, limit=MAX_MESSAGE)
        self._send(self.setup)
        self._reading = asyncio.create_task(self._read(reader))

    def start(self, request: StartRun) -> None:
        """Give it a run."""
        self.runs.add(request.run_id)
        self.started += 1
        self._send(request)

    def drain(self) -> None:
        """Give it no more runs; it ends when those that it has are ended."""
        if not self.is_closing:
            self.is_closing = True
            self._send(Drain())

    def kill(self) -> None:
        """End the process at once; its runs have then crashed."""
        self.is_closing = True
        if self._process is not None:
            self._process.kill()

    async def wait(self) -> None:
        """Wait until the process is gone."""
        if self._reading is not None:
            await self._reading

    def _send(self, message: Message) -> None:
        assert self._writer is not None
        self._writer.write(encode(message))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Handle the messages of the process until it is gone."""
        assert self._process is not None
        try:
            async for line in reader:
                self._handle(decode(line))
        except (OSError, ValueError):
            # It was killed in the middle of a message.
            self.kill()
        await asyncio.to_thread(self._process.wait)
        self.is_closing = True
        if self._writer is not None:
            self._writer.close()
        lost, self.runs = self.runs, set()
        self.on_exit(self, lost)

    def _handle(self, message: Message) -> None:
        if isinstance(message, Ready):
            self.is_ready = True
        elif isinstance(message, Broken):
            self.problem = message.reason
            self.drain()
        elif isinstance(message, RunEnded):
            self.runs.discard(message.run_id)
            self.memory = message.memory
            self.on_ended(self, message)
