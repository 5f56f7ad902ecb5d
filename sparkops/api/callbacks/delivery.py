"""Deliver callbacks: at least once each, with repetitions, and without delaying anything else."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from sparkops.api.callbacks.address import CallbackAddress, require_permitted
from sparkops.api.callbacks.post import post
from sparkops.api.callbacks.signature import DELIVERY_HEADER, SIGNATURE_HEADER, sign
from sparkops.api.database.submission import Callback, CallbackState, Submission
from sparkops.api.database.submissions import SubmissionStore
from sparkops.config.api_settings import CallbackSettings
from sparkops.errors import EngineError, InputError, as_clause

_log = logging.getLogger("sparkops.api")

# Seconds between two looks at what is due, where no run ends.
_TICK_SECONDS: Final = 1.0
_MAX_DELAY: Final = 3600.0
# Attempts at the same time, as a multiple of those for one host.
_HOSTS: Final = 4
_RESOLVER_THREADS: Final = 32
_MAX_ERROR: Final = 500


class AttemptFailed(Exception):
    """An attempt to deliver a callback failed.

    Args:
        message: Why.
        is_final: Whether the receiver wants no other attempt.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(message[:_MAX_ERROR])


@dataclass(slots=True, kw_only=True)
class CallbackDelivery:
    """Delivers the callbacks of runs that have ended. It runs in the event loop of the service.

    Args:
        store: What is due, and where attempts are recorded.
        read_settings: Returns the settings, which may change.
        build_body: Returns the JSON of the run of a request.
    """

    store: SubmissionStore
    read_settings: Callable[[], CallbackSettings]
    build_body: Callable[[Submission], bytes]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None
    # The attempts that are being made, with their hosts.
    _attempts: dict[asyncio.Task[None], str] = field(default_factory=dict)

    async def run(self) -> None:
        """Deliver until this is cancelled; what is not delivered then, the next service delivers."""
        self._loop = asyncio.get_running_loop()
        resolver = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="sparkops-callbacks")
        try:
            while True:
                await self._start_due(resolver)
                # `wait_for` of Python 3.11 loses a cancellation that comes at the same time as the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for attempt in self._attempts:
                attempt.cancel()
            await asyncio.gather(*self._attempts, return_exceptions=True)
            resolver.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Look at what is due now; may be called in any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _start_due(self, resolver: ThreadPoolExecutor) -> None:
        """Begin the attempts that are due, as far as there is place for them."""
        settings = self.read_settings()
        seconds = settings.timeout + settings.backoff
        while len(self._attempts) < settings.parallel * _HOSTS:
            counts = Counter(self._attempts.values())
            busy = [host for host, count in counts.items() if count >= settings.parallel]
            try:
                claimed = await asyncio.to_thread(self.store.claim_callback, seconds, except_hosts=busy)
            except EngineError as error:
                _log.warning("%s", error)
                return
            if claimed is None:
                return
            attempt = asyncio.create_task(self._deliver(*claimed, settings, resolver))
            self._attempts[attempt] = claimed[1].host
            attempt.add_done_callback(self._forget)

    def _forget(self, attempt: asyncio.Task[None]) -> None:
        self._attempts.pop(attempt, None)
        self._wake.set()

    async def _deliver(
        self,
        submission: Submission,
        callback: Callback,
        settings: CallbackSettings,
        resolver: ThreadPoolExecutor,
    ) -> None:
        """Make an attempt, and record it; one that cannot be recorded is repeated."""
        run_id = submission.run_id
        try:
            try:
                await self._attempt(submission, settings, resolver)
            except AttemptFailed as problem:
                delay = None if problem.is_final else compute_delay(callback.attempts, settings)
                await self._record_failure(run_id, problem, delay)
            else:
                await asyncio.to_thread(self.store.record_callback, run_id, "delivered")
        except EngineError as error:
            _log.warning("the callback of run %s may be repeated: %s", run_id, error)

    async def _attempt(
        self, submission: Submission, settings: CallbackSettings, resolver: ThreadPoolExecutor
    ) -> None:
        """Post the run of a request.

        Raises:
            AttemptFailed: The receiver did not accept it.
        """
        try:
            # The settings may have changed since the request was accepted.
            address = require_permitted(submission.request.callback or "", settings)
            body = await asyncio.to_thread(self.build_body, submission)
            async with asyncio.timeout(settings.timeout):
                status = await self._post(address, submission.run_id, body, settings.secret or "", resolver)
        except TimeoutError:
            raise AttemptFailed(f"No answer within {settings.timeout:g} seconds.") from None
        except InputError as error:
            raise AttemptFailed(str(error)) from None
        except OSError as error:
            raise AttemptFailed(f"No answer: {as_clause(error.strerror or error)}.") from None
        except Exception as error:  # noqa: BLE001 - whatever it is fails this attempt only
            _log.warning("the callback of run %s failed", submission.run_id, exc_info=error)
            raise AttemptFailed("An unexpected error: the log of the service has it.") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise AttemptFailed(f"The answer has status {status}.", is_final=status == HTTPStatus.GONE)

    async def _post(
        self, address: CallbackAddress, run_id: str, body: bytes, secret: str, resolver: ThreadPoolExecutor
    ) -> int:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sparkops",
            DELIVERY_HEADER: run_id,
            SIGNATURE_HEADER: sign(body, secret, int(self.store.clock())),
        }
        return await post(address, body, headers, resolver=resolver)

    async def _record_failure(self, run_id: str, problem: AttemptFailed, delay: float | None) -> None:
        state: CallbackState = "failed" if delay is None else "pending"
        if delay is None:
            _log.warning("the callback of run %s is given up: %s", run_id, problem)
        record = self.store.record_callback
        await asyncio.to_thread(record, run_id, state, str(problem), seconds=delay or 0.0)


def compute_delay(attempts: int, settings: CallbackSettings) -> float | None:
    """Return the seconds until the next attempt; None if there is to be none."""
    total = delay = 0.0
    for number in range(attempts):
        delay = min(settings.backoff * 2.0 ** min(number, 62), _MAX_DELAY)
        total += delay
    return delay if total <= settings.give_up else None
