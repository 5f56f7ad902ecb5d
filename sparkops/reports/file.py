"""Write the page of a report to its file, atomically."""

from __future__ import annotations

import logging
from pathlib import Path

from sparkops.core.atomic_file import replace_file
from sparkops.core.control_characters import escape_controls
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
        write_html(target, html)
    except OSError as error:
        raise ProjectError(
            f"The report `{target}` cannot be written: {error.strerror or error}. "
            "Make the folder writable, or set `reports:` in conf/ to another one."
        ) from error
    _log.info("report written: %s", target)
    return target


def write_html(path: Path, html: str) -> None:
    """Write a page atomically; its folder is created.

    Control characters, which may change what a reader sees, are written as escapes.

    Raises:
        OSError: It cannot be written; the previous page is intact.
    """
    replace_file(path, escape_controls(html), durable=True)
