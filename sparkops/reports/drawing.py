"""A plot before it is drawn: how to draw it at a width, and what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.axis import key, name
from sparkops.reports.canvas import Canvas, Width
from sparkops.reports.rows import Rows


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours mean: a swatch each, or the steps of a scale between two ends.

    Args:
        swatches: Name and colour of each.
        low: What the first step of a scale means; empty where the colours stand for names.
        high: What the last step means.
        title: What the scale measures.
    """

    swatches: tuple[tuple[str, str], ...]
    low: str = ""
    high: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A plot that can be drawn.

    Args:
        draw: Draws it at a width.
        legend: What the colours mean, where there are several.
        points: How many values are drawn.
        note: What a reader must know about what is not drawn.
        scrolls: Whether it is too dense for a telephone: drawn wide only, to be scrolled.
    """

    draw: Callable[[Width], Canvas]
    legend: Legend | None
    points: int
    note: str = ""
    scrolls: bool = False


def one_each(
    rows: Rows, some: Sequence[MappingType[str, Any]], keys: tuple[str, ...], value: str
) -> dict[tuple[Any, ...], Any]:
    """Return the value at each place; two rows for one place are the author's mistake, for one would hide."""
    rows.column(value)
    found: dict[tuple[Any, ...], Any] = {}
    for row in some:
        at = tuple(key(row.get(column)) for column in keys)
        if at in found:
            where = ", ".join(f"{column}={name(part)}" for column, part in zip(keys, at, strict=True))
            raise JobFailed(f"{rows.part} has more than one row for {where}: group the rows first.")
        found[at] = row.get(value)
    return found


def columns_cut(there: int, drawn: int, label: str) -> str:
    """Return a sentence when only the first places of an axis are drawn."""
    return f"The first {drawn:,} of {there:,} values of “{label}” are drawn." if drawn < there else ""
