"""Parse Google-style docstrings: summary and `Args:` section."""

from __future__ import annotations

import re
from typing import Final

_SECTION: Final = re.compile(r"^(Args|Arguments|Parameters):\s*$")
_ENTRY: Final = re.compile(r"^(\*{0,2}\w+)(?:\s*\([^)]*\))?:\s*(.*)$")


def read_summary(doc: str) -> str:
    """Return the first paragraph as one line."""
    return " ".join(doc.strip().split("\n\n", 1)[0].split())


def read_args(doc: str) -> dict[str, str]:
    """Return the descriptions in the `Args:` section by argument, with continuation lines joined."""
    entries: dict[str, list[str]] = {}
    indent, name = None, None
    for line in _read_section(doc):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        entry = _ENTRY.match(line.strip()) if depth == indent else None
        if entry:
            name = entry[1].lstrip("*")
            entries[name] = [entry[2]]
        elif name is not None:
            entries[name].append(line.strip())
    return {key: " ".join(part for part in parts if part) for key, parts in entries.items()}


def remove_args(doc: str) -> str:
    """Return the docstring without its `Args:` section."""
    section = set(_find_section_lines(doc))
    return "\n".join(line for number, line in enumerate(doc.splitlines()) if number not in section).strip()


def _read_section(doc: str) -> list[str]:
    lines = doc.splitlines()
    return [lines[number] for number in _find_section_lines(doc)[1:]]


def _find_section_lines(doc: str) -> list[int]:
    """Return the line numbers of the `Args:` section, its heading first."""
    lines = doc.splitlines()
    start = next((number for number, line in enumerate(lines) if _SECTION.match(line)), None)
    if start is None:
        return []
    after = (number for number in range(start + 1, len(lines)) if lines[number][:1].strip())
    return list(range(start, next(after, len(lines))))
