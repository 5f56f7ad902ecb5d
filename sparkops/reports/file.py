"""A page as a file: whole or not there."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from sparkops.errors import ProjectError

_log = logging.getLogger("sparkops.reports")


def write(html: str, folder: Path, name: str) -> Path:
    """Write a page into a folder, so that a reader sees the whole of it or the file before.

    Args:
        html: The page.
        folder: Where it goes; made when it is missing.
        name: File name; `.html` is added when it is not there.
    """
    if not name or name in {".", ".."} or Path(name).name != name:
        raise ProjectError(f"A report cannot be named `{name}`: give a file name without a folder.")
    target = folder / (name if name.endswith(".html") else f"{name}.html")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(html.encode("utf-8", "replace"), target)
    except OSError as error:
        raise ProjectError(
            f"The report `{target}` cannot be written: {error.strerror or error}. "
            "Make the folder writable, or set `reports:` in conf/ to another one."
        ) from error
    _log.info("report written: %s", target)
    return target


def _replace(content: bytes, target: Path) -> None:
    beside = target.with_name(f".{target.stem[:80]}-{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
