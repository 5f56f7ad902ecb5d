"""Stop the thread that executes a run: by a signal, by a request from another process, or when its time is over."""

from __future__ import annotations

import _thread
import ctypes
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from types import FrameType
from typing import Any, Final

from sparkops.errors import RunCancelled, RunTimedOut, SparkopsError

# Seconds between two looks at the request to cancel and at the clock.
POLL_SECONDS: Final = 0.1

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# Seconds until a thread that must not be interrupted at its present place is looked at again.
_RETRY_SECONDS: Final = 0.001
# Functions that acquire a lock of imports, or of the log, and leave its release to a later block: an exception between
# both leaves it held for ever, and every other thread of the process waits for it. In `cb` and `__del__` it would be lost.
_IMPORT: Final = "<frozen importlib._bootstrap>"
_LOCKING_IMPORT: Final = frozenset(
    {"cb", "_get_module_lock", "_lock_unlock_module", "acquire", "release", "__enter__", "__exit__"}
)


class Interrupted(KeyboardInterrupt):
    """Unwinds the thread that executes a run; `Interrupter.reason` is the error to report.

    Not an `Exception`, because py4j discards those while it waits for Spark.
    """


@dataclass(slots=True)
class Interrupter:
    """Raises `Interrupted` in the thread that executes a run, once.

    The main thread is interrupted wherever it waits; another thread when its present call into C, such as a sleep or a
    call of Spark, returns. A thread that holds a lock of Python's imports or of its log is interrupted a moment later.

    Args:
        thread: Identifier of the thread.
    """

    thread: int
    _reason: SparkopsError | None = None
    _is_closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def reason(self) -> SparkopsError | None:
        """Return why the run was interrupted, or None."""
        return self._reason

    def interrupt(self, reason: SparkopsError) -> bool:
        """Interrupt the run for this reason; return False if it was interrupted already, or has ended."""
        while True:
            with self._lock:
                if self._reason is not None or self._is_closed:
                    return False
                if self.thread == threading.main_thread().ident:
                    self._reason = reason
                    # `handle_signal` raises.
                    signal.pthread_kill(self.thread, signal.SIGINT)
                    return True
                if not _holds_lock(sys._current_frames().get(self.thread)):  # noqa: SLF001 - documented
                    self._reason = reason
                    _raise_in(self.thread, Interrupted)
                    return True
            sleep(_RETRY_SECONDS)

    def handle_signal(self, number: int, frame: FrameType | None) -> None:
        """Raise `Interrupted`, unless the run is ending; the next signal has its default effect."""
        if not self._is_closed and _holds_lock(frame):
            # `Thread.start` would wait here for the thread, and this thread may hold a lock.
            _thread.start_new_thread(self._repeat, (number,))
            return
        _restore_default_handlers()
        if self._is_closed:
            return
        if self._reason is None:
            self._reason = RunCancelled(f"Cancelled by {signal.Signals(number).name}.")
        raise Interrupted

    def _repeat(self, number: int) -> None:
        """Send the main thread a signal again, a moment later."""
        sleep(_RETRY_SECONDS)
        if not self._is_closed:
            signal.pthread_kill(self.thread, number)

    def close(self) -> None:
        """End the time in which the run can be interrupted."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._reason is not None and self.thread != threading.main_thread().ident:
                # An exception that was not raised yet must not stop what this thread does next.
                _absorb()


@contextmanager
def interruptible() -> Iterator[Interrupter]:
    """Make the present thread interruptible while the block runs; in the main thread also by SIGINT and SIGTERM."""
    interrupter = Interrupter(threading.get_ident())
    try:
        if threading.current_thread() is not threading.main_thread():
            yield interrupter
        else:
            with _use_handler(interrupter.handle_signal):
                try:
                    yield interrupter
                finally:
                    # Before the previous handlers are restored.
                    interrupter.close()
    finally:
        interrupter.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopConditions:
    """What stops a run from outside of its thread.

    Args:
        find_cancel_request: Returns who asked to cancel the run, or None.
        timeout: Seconds that the attempt may take; None for any time.
    """

    find_cancel_request: Callable[[], str | None]
    timeout: float | None = None


@contextmanager
def watch(
    conditions: StopConditions,
    interrupter: Interrupter,
    *,
    announce: Callable[[SparkopsError], object],
    unblock: Callable[[], object],
) -> Iterator[None]:
    """Interrupt the run, while the block runs, as soon as a condition is met.

    Args:
        conditions: The conditions.
        interrupter: Interrupts the run's thread.
        announce: Called with the reason, in another thread, before the run is interrupted.
        unblock: Called after that: ends the calls in which the run's thread waits.
    """
    ended = threading.Event()
    deadline = None if conditions.timeout is None else monotonic() + conditions.timeout

    def look() -> None:
        while not ended.wait(POLL_SECONDS):
            reason = _find_reason(conditions, deadline)
            if reason is not None:
                announce(reason)
                if interrupter.interrupt(reason):
                    unblock()
                return

    watcher = threading.Thread(target=look, name="sparkops-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()


def _find_reason(conditions: StopConditions, deadline: float | None) -> SparkopsError | None:
    requester = conditions.find_cancel_request()
    if requester is not None:
        return RunCancelled(f"Cancelled by {requester}.")
    if deadline is not None and monotonic() >= deadline:
        return RunTimedOut(f"The run took longer than its time limit of {conditions.timeout:g} seconds.")
    return None


@contextmanager
def call_on_signal(call: Callable[[str], object]) -> Iterator[None]:
    """Call a function with the name of the first SIGINT or SIGTERM during the block.

    A second signal has its default effect. For a main thread that waits for other threads, and is not to be
    interrupted; in another thread nothing is done.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        _restore_default_handlers()
        call(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
    else:
        with _use_handler(handle):
            yield


@contextmanager
def _use_handler(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    previous: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)


def _restore_default_handlers() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _holds_lock(frame: FrameType | None) -> bool:
    """Return whether an exception in a thread could leave a lock held, or be lost, wherever in its stack that is."""
    while frame is not None:
        code = frame.f_code
        is_import = code.co_filename == _IMPORT and code.co_name in _LOCKING_IMPORT
        if is_import or code.co_filename == logging.__file__ or code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise an exception in a thread when it executes Python again, in place of one that was not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _absorb() -> None:
    """Raise in this thread what may still be raised in it, and catch it.

    Python can take back an exception, but then Python 3.11 keeps the note that one is pending until the next one is
    raised in any thread: the process becomes slower, and a function that is traced, by a debugger or by coverage, never
    begins.
    """
    try:
        _raise_in(threading.get_ident(), Interrupted)
        while True:
            sleep(0)
    except Interrupted:
        return
