"""Capture the output of the JVM and the Python workers, and redirect it to the log of the current run."""

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

from sparkops.core.private_file import make_folder, open_private

Sink = Path | BinaryIO | Callable[[bytes], object]

# Bytes buffered for the first sink.
BUFFER_SIZE: Final = 4 * 2**20
# Last bytes, for error messages.
TAIL_SIZE: Final = 64 * 2**10
# Seconds that a removed sink waits for output that is still in the pipe.
DRAIN_TIMEOUT: Final = 2.0

_logger = logging.getLogger("sparkops.spark")


class JvmLog:
    """Copies the JVM's output pipe to all current sinks; `redirect_to` adds one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sinks: list[Callable[[bytes], object]] = []
        self._buffer: deque[bytes] = deque()
        self._buffer_size = 0
        self._tail = bytearray()
        self._pipe: IO[bytes] | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._has_had_sink = False

    @contextmanager
    def redirect_to(self, sink: Sink) -> Iterator[None]:
        """Write everything the JVM prints inside the block to a sink instead of the terminal.

        Args:
            sink: A file to append to, an open binary file, or a callable that receives chunks of bytes.
                The first sink also receives the output since the start of the JVM.
        """
        with ExitStack() as stack:
            write = _open_sink(sink, stack)
            with self._lock:
                for chunk in self._buffer:
                    write(chunk)
                self._buffer.clear()
                self._buffer_size, self._has_had_sink = 0, True
                self._sinks.append(write)
            try:
                yield
            finally:
                self.drain()
                with self._lock:
                    self._sinks.remove(write)

    def tail(self, lines: int = 20) -> str:
        """Return the last lines, for error messages."""
        with self._lock:
            text = bytes(self._tail).decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def pump(self, pipe: IO[bytes]) -> None:
        """Start the thread that reads the JVM's output until it ends."""
        self._pipe = pipe
        threading.Thread(target=self._run, args=(pipe,), name="sparkops-jvm-log", daemon=True).start()

    def drain(self, within: float = DRAIN_TIMEOUT) -> None:
        """Wait until the sinks have received all output so far."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self._is_pending():
            time.sleep(0.005)

    def _is_pending(self) -> bool:
        pipe = self._pipe
        if pipe is None or pipe.closed:
            return False
        try:
            pending = struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0\0\0\0"))[0]
        except (OSError, ValueError):
            # The pipe was closed meanwhile.
            return False
        return pending > 0 or not self._idle.is_set()

    def _run(self, pipe: IO[bytes]) -> None:
        ready = select.poll()
        ready.register(pipe, select.POLLIN | select.POLLHUP)
        while True:
            ready.poll()
            # Before the read, so that `drain` sees either bytes in the pipe or a busy reader.
            self._idle.clear()
            chunk = os.read(pipe.fileno(), 65536)
            with self._lock:
                self._deliver(chunk)
            self._idle.set()
            if not chunk:
                break
        self._pipe = None
        pipe.close()

    def _deliver(self, chunk: bytes) -> None:
        self._tail += chunk
        del self._tail[:-TAIL_SIZE]
        if not self._sinks and not self._has_had_sink:
            self._buffer.append(chunk)
            self._buffer_size += len(chunk)
            while self._buffer_size > BUFFER_SIZE:
                self._buffer_size -= len(self._buffer.popleft())
        for write in self._sinks:
            try:
                write(chunk)
            except (OSError, ValueError) as error:
                _logger.warning("Cannot write the JVM's log: %s", error)


def _open_sink(sink: Sink, stack: ExitStack) -> Callable[[bytes], object]:
    if callable(sink):
        return sink
    if isinstance(sink, Path):
        make_folder(sink.parent)
        descriptor = open_private(sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        file = stack.enter_context(os.fdopen(descriptor, "ab", buffering=0))
        return file.write
    file_sink = sink

    def write(chunk: bytes) -> None:
        file_sink.write(chunk)
        file_sink.flush()

    return write
