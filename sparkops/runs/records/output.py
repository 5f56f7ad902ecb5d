"""Route what the threads of runs print and log to the logs of their runs."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TextIO

from sparkops.runs.records.log import MaskedFile, open_log


class Log(Protocol):
    """The log of a run."""

    def write(self, text: str, /) -> int:
        """Write a text; return its length."""


@dataclass(slots=True)
class ActiveLogs:
    """The logs of the runs that threads of this process execute."""

    _by_thread: dict[int, list[Log]] = field(default_factory=dict)

    def add(self, thread: int, log: Log) -> None:
        """Send what a thread writes to a log."""
        # Replaced, not changed: other threads read it without a lock.
        self._by_thread = {**self._by_thread, thread: [*self._by_thread.get(thread, ()), log]}

    def remove(self, thread: int, log: Log) -> None:
        """Stop sending what a thread writes to a log."""
        rest = [other for other in self._by_thread.get(thread, ()) if other is not log]
        others = {key: logs for key, logs in self._by_thread.items() if key != thread}
        self._by_thread = others | ({thread: rest} if rest else {})

    def find(self, thread: int | None) -> list[Log]:
        """Return the logs that take what a thread writes; empty if no run is active.

        A run may have started a thread that executes no run itself. With several active runs it is unknown which one
        did, so all their logs take what it writes.
        """
        logs = self._by_thread.get(thread or 0)
        if logs:
            return logs[-1:]
        return [logs[-1] for logs in self._by_thread.values()]

    def __bool__(self) -> bool:
        """Return whether any run is active."""
        return bool(self._by_thread)


class RoutedStream(io.TextIOBase):
    """Standard output or standard error of a process that executes runs.

    Args:
        original: The stream that was replaced; it takes what no run writes.
        logs: The logs of the active runs.
    """

    def __init__(self, original: TextIO, logs: ActiveLogs) -> None:
        self.original, self.logs = original, logs

    def write(self, text: str, /) -> int:
        """Write a text to the log of the present thread's run."""
        logs = self.logs.find(threading.get_ident())
        if not logs:
            return self.original.write(text)
        for log in logs:
            log.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the original stream; logs are flushed at every write."""
        if not self.original.closed:
            self.original.flush()

    def writable(self) -> bool:
        """Return True."""
        return True


class RoutedHandler(logging.Handler):
    """Writes the messages of Python's logging to the log of the run whose thread logged them.

    Args:
        logs: The logs of the active runs.
        previous_level: Level of the root logger before this handler was added.
    """

    def __init__(self, logs: ActiveLogs, previous_level: int) -> None:
        super().__init__()
        self.logs, self.previous_level = logs, previous_level
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        text = f"{self.format(record)}\n"
        for log in self.logs.find(record.thread):
            log.write(text)


# Standard output belongs to the whole process: one thread at a time replaces it.
_REPLACEMENT_LOCK: Final = threading.Lock()


@contextmanager
def capture_output(path: Path, *, secrets: Sequence[str] = ()) -> Iterator[MaskedFile]:
    """Append what this thread prints and logs in the block to a file; yield it for further writers."""
    with open_log(path, secrets) as log, route_to(log):
        yield log


@contextmanager
def route_to(log: Log) -> Iterator[None]:
    """Send what this thread prints and logs in the block to a log."""
    thread = threading.get_ident()
    with _REPLACEMENT_LOCK:
        logs = _install()
        logs.add(thread, log)
    try:
        yield
    finally:
        with _REPLACEMENT_LOCK:
            logs.remove(thread, log)
            if not logs:
                _uninstall(logs)


def _install() -> ActiveLogs:
    """Return the active logs, and put the routed streams in place if they are not."""
    if isinstance(sys.stdout, RoutedStream) and isinstance(sys.stderr, RoutedStream):
        return sys.stdout.logs
    logs, root = ActiveLogs(), logging.getLogger()
    sys.stdout, sys.stderr = RoutedStream(sys.stdout, logs), RoutedStream(sys.stderr, logs)
    root.addHandler(RoutedHandler(logs, root.level))
    root.setLevel(min(root.level or logging.WARNING, logging.INFO))
    return logs


def _uninstall(logs: ActiveLogs) -> None:
    """Restore the original streams and the previous level, unless other code has replaced them since."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, RoutedStream) and stream.logs is logs:
            setattr(sys, name, stream.original)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, RoutedHandler)]:
        if handler.logs is logs:
            root.removeHandler(handler)
            root.setLevel(handler.previous_level)
