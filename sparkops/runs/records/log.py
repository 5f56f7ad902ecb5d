"""The log of a run: one file, in which secrets are masked. A log that cannot be written fails no run."""

from __future__ import annotations

import io
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from sparkops.core.masking import find_open_secret, mask
from sparkops.core.private_file import open_private

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
_MAX_LINE = 1 << 20


@dataclass(slots=True)
class _Rest:
    """The beginning of a line that is not complete, in parts, so that many small ones are joined only once."""

    parts: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str) -> None:
        """Add a part."""
        if text:
            self.parts.append(text)
            self.size += len(text)

    def take_all(self) -> str:
        """Remove and return the text."""
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return text


class MaskedFile(io.TextIOBase):
    """A text file that replaces every secret in what is written to it.

    Text is written once its line is complete, so that a secret is found that is written in parts; each thread has its
    own incomplete line. A line in which a secret begins that may continue in the next line waits for that one.

    Args:
        file: The file to write to.
        secrets: Values that must not appear in it.
    """

    def __init__(self, file: TextIO, secrets: Sequence[str]) -> None:
        self._file, self._secrets = file, tuple(secrets)
        # The lines without end that are not in the file yet, by thread.
        self._rests: dict[int, _Rest] = {}

    def write(self, text: str, /) -> int:
        """Write the lines that the text completes, masked; return the length of the text that was passed.

        On a full disk the text waits for the next call: what a job prints fails no job.
        """
        rest = self._rests.setdefault(threading.get_ident(), _Rest())
        rest.add(text)
        if "\n" in text or "\r" in text or rest.size > _MAX_LINE:
            lines = rest.take_all()
            end = self._find_end(lines)
            rest.add(lines[end:])
            self._append(lines[:end])
        return len(text)

    def _find_end(self, lines: str) -> int:
        """Return the end of the complete lines, or of those before the first line that has an incomplete secret."""
        end = max(lines.rfind("\n"), lines.rfind("\r")) + 1
        if len(lines) - end > _MAX_LINE:
            return len(lines)
        begin = find_open_secret(lines[:end], self._secrets)
        return end if begin is None else lines.rfind("\n", 0, begin) + 1

    def write_rest(self) -> None:
        """Write the lines that have no end."""
        while self._rests:
            self._append(self._rests.popitem()[1].take_all())

    def writable(self) -> bool:
        """Return True."""
        return True

    def _append(self, text: str) -> None:
        if text:
            with suppress(OSError):
                self._file.write(mask(text, self._secrets))
                self._file.flush()


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
    masked = MaskedFile(file, secrets)
    try:
        yield masked
    finally:
        masked.write_rest()
        try:
            file.close()
        except OSError as error:
            _log.warning("Text is missing in %s: %s.", path, error.strerror)
