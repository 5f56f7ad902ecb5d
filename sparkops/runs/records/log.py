"""The log of a run: one file, in which secrets are masked. A log that cannot be written fails no run."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sparkops.core.masking import mask
from sparkops.core.private_file import open_private

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
_MAX_LINE = 1 << 20


class MaskedFile(io.TextIOBase):
    """A text file that replaces every secret in what is written to it.

    Args:
        file: The file to write to.
        secrets: Values that must not appear in it.
    """

    def __init__(self, file: TextIO, secrets: Sequence[str]) -> None:
        self._file, self._secrets = file, tuple(secrets)

    def write(self, text: str, /) -> int:
        """Write the text, masked; return the length of the text that was passed.

        On a full disk the text waits for the next call: what a job prints fails no job.
        """
        with suppress(OSError):
            self._file.write(mask(text, self._secrets))
            self._file.flush()
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True


@dataclass(slots=True)
class LineWriter:
    """Passes the complete lines of a stream of bytes on as text, so that no secret is split between two writes.

    Args:
        write: Takes the text of whole lines.
    """

    write: Callable[[str], object]
    _rest: bytes = b""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes; a line without end is passed on in parts of `_MAX_LINE` bytes."""
        lines, newline, self._rest = (self._rest + chunk).rpartition(b"\n")
        if len(self._rest) > _MAX_LINE:
            lines, newline, self._rest = lines + newline + self._rest, b"", b""
        if lines or newline:
            self.write((lines + newline).decode(errors="replace"))

    def close(self) -> None:
        """Pass on the last line, if it has no end."""
        if self._rest:
            self.write(self._rest.decode(errors="replace"))
            self._rest = b""


@contextmanager
def open_log(path: Path, secrets: Sequence[str] = ()) -> Iterator[MaskedFile]:
    """Open a log to append to it; what is written to it is masked. Text that could not be written is a warning."""
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
    try:
        yield MaskedFile(file, secrets)
    finally:
        try:
            file.close()
        except OSError as error:
            _log.warning("Text is missing in %s: %s.", path, error.strerror)
