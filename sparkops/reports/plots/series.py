"""Split the rows of a plot into series, each with its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.palette import SERIES_COLOURS
from sparkops.reports.plots.axis import build_category_axis, build_category_key, format_category
from sparkops.reports.plots.chart import Legend
from sparkops.reports.rows import CollectedRows


@dataclass(frozen=True, slots=True)
class Series:
    """One series.

    Args:
        name: Its value in the splitting column; empty if the rows are not split.
        colour: Name of its colour.
        rows: Its rows.
    """

    name: str
    colour: str
    rows: tuple[Mapping[str, Any], ...]


def split_into_series(rows: CollectedRows, by: str | None) -> tuple[Series, ...]:
    """Split rows by a column: numbers and times sorted, names in the order of the rows.

    Raises:
        JobFailed: There are more values than colours.
    """
    if by is None:
        return (Series("", "s0", rows.values),)
    column_format = rows.column_format(by)
    values = build_category_axis(rows.column(by), by).values
    if len(values) > SERIES_COLOURS:
        raise JobFailed(
            f"{rows.part} splits by `{by}`, which has {len(values)} values: at most {SERIES_COLOURS} have different "
            "colours. Keep the largest and sum up the rest, or show them as a table or a heatmap."
        )
    groups: dict[Any, list[Mapping[str, Any]]] = {value: [] for value in values}
    for row in rows.values:
        groups[build_category_key(row.get(by))].append(row)
    return tuple(
        Series(format_category(value, column_format), f"s{i}", tuple(groups[value]))
        for i, value in enumerate(values)
    )


def build_series_legend(series: Sequence[Series]) -> Legend:
    """Return the legend of several series."""
    return Legend(tuple((one.name, one.colour) for one in series))
