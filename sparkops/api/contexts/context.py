"""A context: the processes that execute the runs of some jobs, and how many of them there may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sparkops.api.contexts.context_process import WORKER, ContextProcess
from sparkops.api.contexts.messages import RunEnded, Setup, StartRun
from sparkops.config.api_settings import ContextSettings


@dataclass(slots=True, kw_only=True)
class Context:
    """Gives runs to worker processes, which it starts, recycles and replaces.

    A shared context has one process for all its runs; an exclusive one has a process for each, which ends with it.

    Args:
        name: Its name.
        settings: Its limits.
        setup: The project.
        on_ended: Called with the end of each run.
        on_exit: Called with runs whose process is gone, and why, if that is known.
        command: The program of a process.
    """

    name: str
    settings: ContextSettings
    setup: Setup
    on_ended: Callable[[RunEnded], None]
    on_exit: Callable[[Context, set[str], str | None], None]
    command: tuple[str, ...] = WORKER
    workers: list[ContextProcess] = field(default_factory=list)
    _idle_since: float | None = None

    @property
    def active(self) -> int:
        """Return the number of runs that were given to processes and have not ended."""
        return sum(len(worker.runs) for worker in self.workers)

    @property
    def free(self) -> int:
        """Return how many more runs can be started now."""
        return max(0, self.settings.max_runs - self.active)

    @property
    def memory(self) -> int:
        """Return the bytes of memory of its processes, each after its last run."""
        return sum(worker.memory for worker in self.workers)

    async def choose_worker(self) -> ContextProcess:
        """Return a process that takes one more run; it is started if none does."""
        return next((worker for worker in self.workers if worker.free), None) or await self._launch()

    def start(self, worker: ContextProcess, request: StartRun) -> None:
        """Give a run to a process."""
        worker.start(request)
        if worker.started >= self._max_started():
            worker.drain()
        self._idle_since = None

    async def prepare(self) -> None:
        """Start the processes that are to wait for runs, as far as there are not so many; again after each start of a run.

        A process of a shared context waits for runs until it has closed, one of an exclusive context until it has a run.

        Raises:
            OSError: No process can be started.
        """
        while self._count_spare() < self.settings.spare:
            await self._launch()

    def change(self, settings: ContextSettings, setup: Setup, *, renew: bool) -> None:
        """Set other limits.

        Args:
            settings: The limits.
            setup: The project.
            renew: Whether processes that were started before get no more runs, so that others take their place.
        """
        earlier = (self.setup, self.settings.kind, self.settings.max_runs)
        if renew or (setup, settings.kind, settings.max_runs) != earlier:
            self.drain()
        self.settings, self.setup = settings, setup

    def close_idle(self, now: float) -> None:
        """End the processes once there was no run for the configured time.

        Args:
            now: Time of a clock that only goes forward, in seconds.
        """
        if self.active or not self.workers:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= self.settings.idle:
            self.drain()

    def drain(self) -> None:
        """Give its processes no more runs; each ends when its runs have."""
        for worker in self.workers:
            worker.drain()

    def kill(self) -> None:
        """End its processes at once."""
        for worker in self.workers:
            worker.kill()

    async def wait(self) -> None:
        """Wait until its processes are gone."""
        await asyncio.gather(*(worker.wait() for worker in list(self.workers)))

    def _max_started(self) -> int:
        """Return how many runs a process executes before it is replaced."""
        return 1 if self.settings.kind == "exclusive" else self.settings.recycle_runs

    def _count_spare(self) -> int:
        return sum(not worker.is_closing for worker in self.workers)

    async def _launch(self) -> ContextProcess:
        slots = 1 if self.settings.kind == "exclusive" else self.settings.max_runs
        worker = ContextProcess(
            setup=replace(self.setup, max_runs=slots),
            on_ended=self._end,
            on_exit=self._forget,
            command=self.command,
        )
        self.workers.append(worker)
        try:
            await worker.launch()
        except BaseException:
            self.workers.remove(worker)
            raise
        return worker

    def _end(self, worker: ContextProcess, ended: RunEnded) -> None:
        if worker.memory > self.settings.recycle_memory:
            worker.drain()
        self.on_ended(ended)

    def _forget(self, worker: ContextProcess, lost: set[str]) -> None:
        if worker in self.workers:
            self.workers.remove(worker)
        self.on_exit(self, lost, worker.problem)
