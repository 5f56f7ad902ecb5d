"""Tables of a page: every column with its cells as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from sparkops.pipeline.reports.report import Table
from sparkops.pipeline.reports.value_format import is_missing, is_number
from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.formatting import clean
from sparkops.reports.rows import collect_rows

# A table with more rows than this scrolls.
_SCROLL_ROWS = 16


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        label: Header.
        cells: Text of each row's value.
        numeric: Whether all values are numbers, which are right-aligned.
        has_times: Whether all values are dates or times, which are not wrapped.
        missing: Per cell, whether there is no value.
    """

    label: str
    cells: tuple[str, ...]
    numeric: bool
    has_times: bool
    missing: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table for the page's template.

    Args:
        title: What the table shows.
        note: The author's sentence under it.
        columns: Its columns.
        rows: Number of rows shown.
        truncated: Whether there are more rows.
        tall: Whether it scrolls.
    """

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: int
    truncated: bool
    tall: bool


def build_table(table: Table, *, limit: int) -> TableView:
    """Collect at most `limit` rows of a table and format them."""
    collected = collect_rows(table.rows, part=f"Table `{table.title}`", limit=limit)
    rows = replace(collected, specs=table.formats)
    columns = tuple(
        build_column(
            rows.column(name),
            rows.column_format(name),
            label=table.labels.get(name) or format_column_label(name),
        )
        for name in rows.columns
    )
    return TableView(
        title=table.title,
        note=table.note,
        columns=columns,
        rows=len(rows.values),
        truncated=rows.truncated,
        tall=len(rows.values) > _SCROLL_ROWS,
    )


def format_column_label(name: str) -> str:
    """Return the header of a column that has no label."""
    return name.replace("_", " ")


def build_column(values: Sequence[Any], column_format: ColumnFormat, *, label: str) -> Column:
    """Format the values of a column, under a header."""
    present = [value for value in values if not is_missing(value)]
    numeric = bool(present) and all(is_number(value) for value in present)
    return Column(
        label=clean(label),
        cells=tuple(column_format.format_values(values)),
        numeric=numeric,
        has_times=bool(present) and all(isinstance(value, date | time) for value in present),
        missing=tuple(map(is_missing, values)),
    )
