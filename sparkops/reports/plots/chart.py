"""A chart that can be drawn, and the checks that every kind of chart makes of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.plots.axis import build_category_key, format_category
from sparkops.reports.plots.canvas import Canvas, PlotSize
from sparkops.reports.rows import CollectedRows


@dataclass(frozen=True, slots=True)
class Legend:
    """Meaning of the colours: the name of each series, or a scale between two values.

    Args:
        swatches: Name and colour of each series, or an empty name and the colour of each step of the scale.
        low: Value at the lower end of the scale; empty for series.
        high: Value at the upper end.
        title: What the scale measures.
    """

    swatches: tuple[tuple[str, str], ...]
    low: str = ""
    high: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, prepared for drawing.

    Args:
        draw: Draws it in one size.
        legend: Meaning of the colours, if there are several.
        points: Number of values drawn.
        note: Explains which values are not drawn.
        wide_only: Whether it is too dense for narrow screens, where it scrolls.
    """

    draw: Callable[[PlotSize], Canvas]
    legend: Legend | None
    points: int
    note: str = ""
    wide_only: bool = False


def index_values(
    rows: CollectedRows, subset: Sequence[Mapping[str, Any]], keys: tuple[str, ...], value: str
) -> dict[tuple[Any, ...], Any]:
    """Index the values of rows by their key columns; raise JobFailed if two rows have the same key."""
    values: dict[tuple[Any, ...], Any] = {}
    for row in subset:
        key = tuple(build_category_key(row.get(column)) for column in keys)
        if key in values:
            duplicate = ", ".join(
                f"{column}={format_category(part, rows.column_format(column))}"
                for column, part in zip(keys, key, strict=True)
            )
            raise JobFailed(f"{rows.part} has more than one row for {duplicate}: group the rows first.")
        values[key] = row.get(value)
    return values


def describe_truncation(total: int, drawn: int, label: str) -> str:
    """Return a sentence if only the first categories of an axis are drawn, else an empty string."""
    return f"The first {drawn:,} of {total:,} values of “{label}” are drawn." if drawn < total else ""
