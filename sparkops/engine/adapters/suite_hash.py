"""The hash of a suite: checks are unchanged if their file is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sparkops.core.bounded_file import MAX_WRITTEN_BY_HAND, read_bytes
from sparkops.errors import ConfigError


def hash_suite(root: Path, table: str) -> str | None:
    """Return a hash of a table's suite file in a project, or None if there is none."""
    path = root / "conf" / "checks" / f"{table}.yml"
    if not path.is_file():
        return None
    try:
        content = read_bytes(path, MAX_WRITTEN_BY_HAND)
    except OSError as error:
        raise ConfigError(f"{path}: the suite cannot be read: {error.strerror}.") from error
    return hashlib.sha256(content).hexdigest()[:16]
