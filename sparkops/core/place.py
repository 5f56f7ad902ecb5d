"""What an author wrote: its file and line, and the text of a scalar of YAML."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, printed as `file:line`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def display_path(file: str) -> str:
    """Return a job's file relative to its project, or unchanged if it is in no project.

    The project is the folder that holds conf/ and the jobs folder.
    """
    path = Path(file)
    if not path.is_absolute():
        return file
    folders = [folder for folder in path.parents if folder == path.parent or folder.name == "jobs"]
    root = next((folder.parent for folder in folders if (folder.parent / "conf").is_dir()), None)
    return file if root is None else path.relative_to(root).as_posix()


def find_caller_place() -> Place | None:
    """Return the line of the innermost caller outside of sparkops; None if it is not in a file, as in a notebook."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as warnings and logging find their caller
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("sparkops."):
        frame = frame.f_back
    if frame is None or not Path(frame.f_code.co_filename).is_file():
        return None
    return Place(display_path(frame.f_code.co_filename), frame.f_lineno)


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A number, bool or null that is written in another form than its own: `012`, `1e3`, `True`, `~`.

    Args:
        value: The value by the core schema of YAML 1.2.
        text: The text as written.
    """

    value: Any
    text: str


def to_canonical_text(value: Any) -> str:
    """Return a number, bool or null as YAML and JSON write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def unwrap_scalars(value: Any) -> Any:
    """Return a value with every `YamlScalar` in its mappings and lists replaced by its plain value."""
    if isinstance(value, YamlScalar):
        return value.value
    if isinstance(value, dict):
        return {key: unwrap_scalars(inner) for key, inner in value.items()}
    return [unwrap_scalars(inner) for inner in value] if isinstance(value, list) else value
