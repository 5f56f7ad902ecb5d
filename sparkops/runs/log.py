"""A run's log: standard output, warnings and Python's logging, whole, in one file, secrets masked."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

from sparkops.config.secrets import mask


class MaskedFile(io.TextIOBase):
    """A text file that writes line by line with every secret replaced.

    Args:
        file: Where the text goes.
        secrets: Values that must not appear.
    """

    def __init__(self, file: TextIO, secrets: Sequence[str]) -> None:
        self._file, self._secrets = file, tuple(secrets)

    def write(self, text: str, /) -> int:
        """Write the text, masked; return how many characters were given."""
        self._file.write(mask(text, self._secrets))
        self._file.flush()
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True


@contextmanager
def captured(path: Path, *, secrets: Sequence[str] = ()) -> Iterator[MaskedFile]:
    """Send what the block prints and logs into the file at `path`; yield it for further writers."""
    with path.open("a", encoding="utf-8") as file:
        out = MaskedFile(file, secrets)
        handler = logging.StreamHandler(out)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(min(level or logging.WARNING, logging.INFO))
        try:
            with redirect_stdout(out), redirect_stderr(out):
                yield out
        finally:
            root.removeHandler(handler)
            root.setLevel(level)


def terminal() -> TextIO:
    """Return the real standard error, whatever is captured at the moment."""
    return sys.__stderr__ or sys.stderr
