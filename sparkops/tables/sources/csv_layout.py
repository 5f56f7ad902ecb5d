"""Detect values with line breaks in CSV files, which Spark reads only with its option `multiLine`.

With that option a file is read by one task. Therefore it is set only for files that need it, and for those that cannot
be scanned here: compressed files, which are not split anyway, and files that are not on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkops.core.bounded_file import open_regular

_BLOCK = 1 << 20


def has_quoted_line_break(files: Iterable[Path], quote: str) -> bool:
    """Return whether a file has a line with an odd number of quotes, or cannot be scanned.

    A quote inside a quoted value is doubled, so a line with complete values has an even number.
    """
    if len(quote) != 1:
        return False
    return any(
        file.suffix not in (".csv", ".tsv", ".txt", "") or _has_odd_line(file, quote) for file in files
    )


def _has_odd_line(file: Path, quote: str) -> bool:
    mark = quote.encode()
    rest = b""
    with open_regular(file) as content:
        while block := content.read(_BLOCK):
            if mark not in block and not rest:
                # The line that goes on in the next block has no quote so far.
                continue
            *lines, rest = (rest + block).split(b"\n")
            if any(line.count(mark) % 2 for line in lines):
                return True
            rest = rest if mark in rest else b""
    return bool(rest.count(mark) % 2)
