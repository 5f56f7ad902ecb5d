"""The `Args:` section of a Google docstring."""

from __future__ import annotations

import re
from typing import Final

_SECTION: Final = re.compile(r"^(Args|Arguments|Parameters):\s*$")
_ENTRY: Final = re.compile(r"^(\*{0,2}\w+)(?:\s*\([^)]*\))?:\s*(.*)$")


def summary_of(doc: str) -> str:
    """Return the first paragraph as one line."""
    return " ".join(doc.strip().split("\n\n", 1)[0].split())


def args_of(doc: str) -> dict[str, str]:
    """Return name to text for each entry of the `Args:` section, continued lines joined."""
    found: dict[str, list[str]] = {}
    indent, name = None, None
    for line in _section(doc):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        entry = _ENTRY.match(line.strip()) if depth == indent else None
        if entry:
            name = entry[1].lstrip("*")
            found[name] = [entry[2]]
        elif name is not None:
            found[name].append(line.strip())
    return {key: " ".join(part for part in parts if part) for key, parts in found.items()}


def without_args(doc: str) -> str:
    """Return the docstring without its `Args:` section."""
    inside = set(_numbers(doc))
    return "\n".join(line for number, line in enumerate(doc.splitlines()) if number not in inside).strip()


def _section(doc: str) -> list[str]:
    lines = doc.splitlines()
    return [lines[number] for number in _numbers(doc)[1:]]


def _numbers(doc: str) -> list[int]:
    """Return the line numbers of the section, its heading first."""
    lines = doc.splitlines()
    start = next((number for number, line in enumerate(lines) if _SECTION.match(line)), None)
    if start is None:
        return []
    after = (number for number in range(start + 1, len(lines)) if lines[number][:1].strip())
    return list(range(start, next(after, len(lines))))
