"""Give the requests of the queue to the contexts, and record how they ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, Final

from sparkops.api.contexts.context import Context
from sparkops.api.contexts.context_process import WORKER
from sparkops.api.contexts.messages import RunEnded, Setup, StartRun
from sparkops.api.database.lease import RENEWAL_SECONDS, Lease, LeaseLost
from sparkops.api.database.submission import Outcome
from sparkops.api.database.submissions import SubmissionStore
from sparkops.config.api_settings import ContextSettings
from sparkops.errors import EngineError
from sparkops.runs.records.process import describe_process, is_alive, is_on_this_host
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.records.store import RunStore

_log = logging.getLogger("sparkops.api")

# Seconds between two looks at the queue where nothing wakes the dispatcher.
_TICK_SECONDS: Final = 1.0
CRASHED: Final = "crashed"


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Starts what the queue holds, as far as the contexts have room. It runs in the event loop of the service.

    Args:
        store: The queue.
        runs: The records of runs, which decide how a run ended.
        lease: The right to start what the queue holds.
        settings: Limits by name of the context.
        setup: The project of the contexts' processes.
        command: The program of such a process.
    """

    store: SubmissionStore
    runs: RunStore
    lease: Lease
    settings: Mapping[str, ContextSettings]
    setup: Setup
    command: tuple[str, ...] = WORKER
    contexts: dict[str, Context] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    # Ends that are not in the database yet.
    _ended: dict[str, RunEnded] = field(default_factory=dict)
    # Runs whose process is gone, and why; what their records say is not looked at yet.
    _lost: dict[str, str] = field(default_factory=dict)
    # Runs that an earlier service gave to processes which have not ended, and these processes.
    _watched: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _is_stopping: bool = False
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _renewed: float = 0.0

    def __post_init__(self) -> None:
        """Create the contexts; no process is started."""
        self._change_contexts(self.settings, renew=False)

    def change_settings(self, settings: Mapping[str, ContextSettings], *, renew: bool) -> None:
        """Set other limits of the contexts; may be called in any thread.

        Args:
            settings: Limits by name of the context. A context that is not among them keeps its own for its requests.
            renew: Whether runs that are started from now on are given to new processes.
        """
        self.settings = {**self.settings, **settings}
        if self._loop is not None:
            self._loop.call_soon_threadsafe(partial(self._change_contexts, settings, renew=renew))

    def _change_contexts(self, settings: Mapping[str, ContextSettings], *, renew: bool) -> None:
        for name, limits in settings.items():
            setup = replace(self.setup, overrides=(*self.setup.overrides, *limits.set))
            if name in self.contexts:
                self.contexts[name].change(limits, setup, renew=renew)
            else:
                self.contexts[name] = Context(
                    name=name,
                    settings=limits,
                    setup=setup,
                    on_ended=self._end,
                    on_exit=self._lose,
                    command=self.command,
                )

    async def recover(self) -> None:
        """Take over what an earlier service has started: what has ended is recorded, what was lost is queued again."""
        for submission in await asyncio.to_thread(self.store.list_started):
            await asyncio.to_thread(self.store.take_over, submission.run_id, self.lease.service)
            self._watched[submission.run_id] = submission.worker
        await self._look_at_watched()

    async def run(self) -> None:
        """Start runs until `stop`."""
        self._loop = asyncio.get_running_loop()
        try:
            for context in self.contexts.values():
                await self._prepare(context)
            while not self._is_stopping:
                await self._step_if_possible()
                # `wait_for` of Python 3.11 loses a cancellation that comes at the same time as the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
        except LeaseLost as error:
            _log.error("%s", error)
        finally:
            self._stopped.set()

    def wake(self) -> None:
        """Look at the queue now; may be called in any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def wait_for_change(self, seconds: float) -> None:
        """Wait until a run has ended, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait()

    async def stop(self, seconds: float) -> None:
        """Start nothing more, and end the processes: those with runs are given time to complete them.

        Streams that go on until they are stopped would not end: the next service continues them.
        """
        self._is_stopping = True
        if self._loop is not None:
            self.wake()
            await self._stopped.wait()
        for context in self.contexts.values():
            context.drain()
        self._kill_streams(with_others=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(context.wait() for context in self.contexts.values()))
        self._kill_streams(with_others=True)
        await self._record_ends()

    def _kill_streams(self, *, with_others: bool) -> None:
        """End the processes of streams that go on until they are stopped, also those that have other runs if that is said."""
        for worker in [worker for context in self.contexts.values() for worker in context.workers]:
            go_on = [self._goes_on(run_id) for run_id in worker.runs]
            if any(go_on) and (with_others or all(go_on)):
                worker.kill()

    async def _step_if_possible(self) -> None:
        try:
            await self._step()
        except LeaseLost:
            raise
        except EngineError as error:
            # The database does not answer: runs go on, and nothing new is started until it does.
            _log.warning("%s", error)

    async def _step(self) -> None:
        await self._record_ends()
        if monotonic() - self._renewed >= RENEWAL_SECONDS:
            await asyncio.to_thread(self.lease.renew)
            self._renewed = monotonic()
        await self._look_at_watched()
        for name, context in list(self.contexts.items()):
            await self._give_up_overdue(name, context)
            await self._start_queued(name, context)
            context.close_idle(monotonic())

    async def _start_queued(self, name: str, context: Context) -> None:
        if not context.free or self._is_stopping:
            return
        service = self.lease.service
        for submission in await asyncio.to_thread(self.store.claim, name, service, context.free):
            request = submission.request
            start = StartRun(
                run_id=submission.run_id,
                job=request.job,
                params=request.params,
                at=request.at,
                as_of=request.as_of,
                every=request.every,
                kind=request.kind,
                target=request.target,
                options=request.options,
            )
            try:
                worker = await context.choose_worker()
            except OSError as error:
                await self._retry(submission.run_id, f"No process can be started: {error.strerror}.")
                continue
            # If this service ends now, the next one knows who may still begin the run.
            await asyncio.to_thread(self.store.assign, submission.run_id, describe_process(worker.pid))
            if worker.free:
                context.start(worker, start)
            else:
                await self._retry(submission.run_id, "The process ended before it got the run.")
            await self._prepare(context)

    @staticmethod
    async def _prepare(context: Context) -> None:
        """Start the processes of a context that are to wait for runs; without them, runs start later."""
        try:
            await context.prepare()
        except OSError as error:
            _log.warning("no process of context `%s` can be started: %s", context.name, error.strerror)

    async def _give_up_overdue(self, name: str, context: Context) -> None:
        limit = context.settings.queue_timeout
        overdue = await asyncio.to_thread(self.store.list_overdue, name, self.store.clock() - limit)
        for submission in overdue:
            error = (
                f"The request waited for {limit:g} seconds in the queue of context `{name}` and was given up."
            )
            outcome = Outcome(state="timed_out", error=error, kind="RunTimedOut")
            await asyncio.to_thread(self.store.withdraw, submission.run_id, outcome)
        if overdue:
            await self._announce()

    def _end(self, ended: RunEnded) -> None:
        self._ended[ended.run_id] = ended
        self.wake()

    def _lose(self, context: Context, run_ids: set[str], reason: str | None) -> None:
        for run_id in run_ids:
            self._lost[run_id] = (
                reason or f"The process of context `{context.name}` ended before the run did."
            )
        self.wake()

    async def _record_ends(self) -> None:
        """Record the ends of runs; those that the database does not take are kept for the next time."""
        for ended in list(self._ended.values()):
            if ended.state == CRASHED:
                await self._retry(ended.run_id, ended.error)
            else:
                outcome = Outcome(
                    state=ended.state,
                    error=ended.error,
                    kind=ended.kind,
                    run_id=ended.answered_by,
                    result=ended.result,
                )
                await asyncio.to_thread(self.store.end, ended.run_id, outcome)
            self._ended.pop(ended.run_id, None)
            await self._announce()
        for run_id, problem in list(self._lost.items()):
            await self._settle(run_id, problem)
            self._lost.pop(run_id, None)

    async def _look_at_watched(self) -> None:
        for run_id, worker in list(self._watched.items()):
            state = self._find_state(run_id)
            may_begin = state is None and is_on_this_host(worker) and is_alive(worker)
            if state not in ACTIVE and not may_begin:
                await self._settle(run_id, None)
                self._watched.pop(run_id, None)

    async def _settle(self, run_id: str, problem: str | None) -> None:
        """Record the end of a run whose process says nothing about it, or queue it again."""
        state = self._find_state(run_id)
        if state is not None and state not in ACTIVE and state != CRASHED:
            await asyncio.to_thread(self.store.end, run_id, Outcome(state=state))
        else:
            await self._retry(run_id, problem)
        await self._announce()

    async def _retry(self, run_id: str, problem: str | None) -> None:
        """Queue a run again whose process did not complete it, unless that happened too often."""
        submission = await asyncio.to_thread(self.store.find, run_id)
        if submission is None or submission.state != "started":
            return
        settings = self.contexts[submission.context].settings if submission.context in self.contexts else None
        if settings is not None and submission.crashes < settings.retries:
            _log.warning("run %s is continued: %s", run_id, problem or "its service ended")
            await asyncio.to_thread(self.store.requeue, run_id)
            return
        error = problem or "The process of the run ended before the run did."
        outcome = Outcome(state=CRASHED, error=error, kind="EngineError")
        await asyncio.to_thread(self.store.end, run_id, outcome)

    def _goes_on(self, run_id: str) -> bool:
        """Return whether a run ends only when it is stopped, as far as its record says it."""
        try:
            return self.runs.read(run_id).every is not None
        except Exception:  # noqa: BLE001 - a record that cannot be read says nothing
            return False

    def _find_state(self, run_id: str) -> str | None:
        """Return the state of a run, `crashed` if its process is gone; None if it has no record."""
        try:
            return self.runs.read(run_id).state
        except Exception:  # noqa: BLE001 - a record that cannot be read says nothing
            return None

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()
