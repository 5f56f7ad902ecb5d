"""Files that are damaged, or that are no files."""

from __future__ import annotations

import os
from pathlib import Path

# Contents of a JSON file that no release wrote; None for what is no file.
DAMAGE: dict[str, bytes | None] = {
    "list": b"[1, 2]",
    "null": b"null",
    "number": b"5",
    "object": b"{}",
    "not UTF-8": b"\xff",
    "zero bytes": b"\x00\x00",
    "digits": b'{"run": ' + b"9" * 6000 + b"}",
    "deep": b"[" * 100_000,
    "other types": b'{"run": 1, "job": [], "params": {}, "before": 3, "copies": [3]}',
    "folder": None,
    "pipe": None,
    "device": None,
    "dangling link": None,
}


def damage(path: Path, kind: str) -> None:
    """Put what is damaged in place of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    content = DAMAGE[kind]
    if content is not None:
        path.write_bytes(content)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "/nowhere/x")
