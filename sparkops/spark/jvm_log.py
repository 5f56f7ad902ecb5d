"""What the JVM and the Python workers print, kept off the terminal and handed whole to the current run."""

from __future__ import annotations

import fcntl
import logging
import os
import select
import struct
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final

Sink = Path | BinaryIO | Callable[[bytes], object]

KEPT_BEFORE: Final = 4 * 2**20  # bytes held for the first sink
KEPT_TAIL: Final = 64 * 2**10  # bytes held for error messages
DRAIN_FOR: Final = 2.0  # seconds a leaving sink waits for what is already in the pipe

_logger = logging.getLogger("sparkops.spark")


class JvmLog:
    """A pump from the JVM's output pipe to every sink in force; `to` puts one in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sinks: list[Callable[[bytes], object]] = []
        self._before: deque[bytes] = deque()
        self._before_size = 0
        self._tail = bytearray()
        self._pipe: IO[bytes] | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._taken = False

    @contextmanager
    def to(self, sink: Sink) -> Iterator[None]:
        """Hand everything the JVM prints inside the block to a sink, without touching the terminal.

        Args:
            sink: A file to append to, an open binary file, or a callable that takes whole chunks of bytes.
                The first sink also gets what came before it, from the start of the JVM on.
        """
        with ExitStack() as stack:
            write = _writer(sink, stack)
            with self._lock:
                for chunk in self._before:
                    write(chunk)
                self._before.clear()
                self._before_size, self._taken = 0, True
                self._sinks.append(write)
            try:
                yield
            finally:
                self.drain()
                with self._lock:
                    self._sinks.remove(write)

    def tail(self, lines: int = 20) -> str:
        """Return the last lines, for an error message."""
        with self._lock:
            text = bytes(self._tail).decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def pump(self, pipe: IO[bytes]) -> None:
        """Start the thread that reads a JVM's output to its end."""
        self._pipe = pipe
        threading.Thread(target=self._run, args=(pipe,), name="sparkops-jvm-log", daemon=True).start()

    def drain(self, within: float = DRAIN_FOR) -> None:
        """Wait until what the JVM has printed so far is with the sinks."""
        until = time.monotonic() + within
        while time.monotonic() < until and self._waiting():
            time.sleep(0.005)

    def _waiting(self) -> bool:
        pipe = self._pipe
        if pipe is None or pipe.closed:
            return False
        try:
            held = struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0\0\0\0"))[0]
        except (OSError, ValueError):  # closed meanwhile
            return False
        return held > 0 or not self._idle.is_set()

    def _run(self, pipe: IO[bytes]) -> None:
        ready = select.poll()
        ready.register(pipe, select.POLLIN | select.POLLHUP)
        while True:
            ready.poll()
            self._idle.clear()  # before the read: a drain then sees either bytes in the pipe or a busy pump
            chunk = os.read(pipe.fileno(), 65536)
            with self._lock:
                self._take(chunk)
            self._idle.set()
            if not chunk:
                break
        self._pipe = None
        pipe.close()

    def _take(self, chunk: bytes) -> None:
        self._tail += chunk
        del self._tail[:-KEPT_TAIL]
        if not self._sinks and not self._taken:
            self._before.append(chunk)
            self._before_size += len(chunk)
            while self._before_size > KEPT_BEFORE:
                self._before_size -= len(self._before.popleft())
        for write in self._sinks:
            try:
                write(chunk)
            except (OSError, ValueError) as error:
                _logger.warning("The JVM's log cannot be written: %s", error)


def _writer(sink: Sink, stack: ExitStack) -> Callable[[bytes], object]:
    if callable(sink):
        return sink
    if isinstance(sink, Path):
        sink.parent.mkdir(parents=True, exist_ok=True)
        file: BinaryIO = stack.enter_context(sink.open("ab", buffering=0))
        return file.write
    opened = sink

    def write(chunk: bytes) -> None:
        opened.write(chunk)
        opened.flush()

    return write
