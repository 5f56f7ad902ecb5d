"""The hash of a suite: checks are unchanged if their file is."""

from __future__ import annotations

import hashlib
from pathlib import Path


def hash_suite(root: Path, table: str) -> str | None:
    """Return a hash of a table's suite file in a project, or None if there is none."""
    path = root / "conf" / "checks" / f"{table}.yml"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None
