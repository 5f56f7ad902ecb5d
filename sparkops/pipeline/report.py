"""The contents of a report, as plain values; `sparkops.reports` renders them as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class Number:
    """A headline number.

    Args:
        label: What it is.
        value: The number, or a text; None is shown as missing.
        unit: Unit, shown after the number.
        note: One sentence under it.
        fmt: Format specification, as in `format(value, fmt)`.
    """

    label: str
    value: float | str | None
    unit: str = ""
    note: str = ""
    fmt: str = ",.4g"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of few rows.

    Args:
        title: What the table shows.
        rows: A frame, or mappings of column to value.
        note: One sentence under the table.
        formats: Column to format specification, as in `format(value, ",.1f")`.
        labels: Column to heading; by default the column's name.
    """

    title: str
    rows: DataFrame | Sequence[Mapping[str, Any]]
    note: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of few rows, drawn as SVG.

    Args:
        title: What the plot shows.
        rows: The values to draw.
        kind: `bar`, `barh`, `line`, `scatter` or `heatmap`.
        x: Column along the first axis.
        y: Column drawn (for `heatmap`: the second axis).
        by: Column that splits the values into series.
        value: Column that colours a heatmap's cells.
        x_label: Name of the first axis, with its unit.
        y_label: Name of the second axis, with its unit.
        note: One sentence under the plot.
    """

    title: str
    rows: DataFrame | Sequence[Mapping[str, Any]]
    kind: Literal["bar", "barh", "line", "scatter", "heatmap"]
    x: str
    y: str
    by: str | None = None
    value: str | None = None
    x_label: str = ""
    y_label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One page.

    Args:
        title: Heading of the page.
        summary: One paragraph under the heading.
        numbers: Headline numbers.
        parts: Texts, tables and plots, in their order.
        max_rows: Largest number of rows collected for one table or plot.
    """

    title: str
    summary: str = ""
    numbers: Sequence[Number] = ()
    parts: Sequence[Text | Table | Plot] = ()
    max_rows: int = 2000
