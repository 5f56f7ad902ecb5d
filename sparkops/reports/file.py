"""Write a page to its file atomically."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from sparkops.errors import ProjectError

_log = logging.getLogger("sparkops.reports")


def write_page(html: str, folder: Path, name: str) -> Path:
    """Write a page into a folder and return its path; readers see the complete page or the one before it.

    Args:
        html: The page.
        folder: Target folder, created if it is missing.
        name: File name; `.html` is appended if it is missing.
    """
    if not name or name in {".", ".."} or Path(name).name != name:
        raise ProjectError(f"A report cannot be named `{name}`: give a file name without a folder.")
    target = folder / (name if name.endswith(".html") else f"{name}.html")
    try:
        replace_file(html, target)
    except OSError as error:
        raise ProjectError(
            f"The report `{target}` cannot be written: {error.strerror or error}. "
            "Make the folder writable, or set `reports:` in conf/ to another one."
        ) from error
    _log.info("report written: %s", target)
    return target


def replace_file(html: str, target: Path) -> None:
    """Write a page to a file, whose folder is created if it is missing, atomically.

    Raises:
        OSError: It cannot be written; the page before it is intact.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    content = html.encode("utf-8", "replace")
    temporary = target.with_name(f".{target.stem[:80]}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
