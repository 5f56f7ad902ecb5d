"""What an author wrote: its file and line, and the text of a scalar of YAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, printed as `file:line`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A number, bool or null that is written in another form than its own: `012`, `1e3`, `True`, `~`.

    Args:
        value: The value by the core schema of YAML 1.2.
        text: The text as written.
    """

    value: Any
    text: str


def canonical_text(value: Any) -> str:
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
