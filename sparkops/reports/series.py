"""The series of a plot: its rows split by one column, a colour each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.axis import categories, key, name
from sparkops.reports.palette import SERIES
from sparkops.reports.rows import Rows


@dataclass(frozen=True, slots=True)
class Series:
    """One series.

    Args:
        name: Its value of the splitting column; empty where nothing is split.
        colour: Number of its colour.
        rows: Its rows.
    """

    name: str
    colour: int
    rows: tuple[Mapping[str, Any], ...]


def split(rows: Rows, by: str | None) -> tuple[Series, ...]:
    """Return the series, numbers and times in their order, names as they come; more than there are colours is an error."""
    if by is None:
        return (Series("", 0, rows.values),)
    values = categories(rows.column(by), by).values
    if len(values) > SERIES:
        raise JobFailed(
            f"{rows.part} splits by `{by}`, which has {len(values)} values: {SERIES} can be told apart. "
            "Keep the largest and sum up the rest, or show them as a table or a heatmap."
        )
    grouped: dict[Any, list[Mapping[str, Any]]] = {value: [] for value in values}
    for row in rows.values:
        grouped[key(row.get(by))].append(row)
    return tuple(Series(name(value), i, tuple(grouped[value])) for i, value in enumerate(values))
