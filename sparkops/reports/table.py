"""Tables of a page: every column with its cells as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.pipeline.report import Table
from sparkops.reports.formatting import (
    MISSING,
    clean,
    format_number_column,
    format_value,
    format_with_spec,
    is_missing,
    is_number,
)
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
        missing: Per cell, whether there is no value.
    """

    label: str
    cells: tuple[str, ...]
    numeric: bool
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
    part = f"Table `{table.title}`"
    rows = collect_rows(table.rows, part=part, limit=limit)
    # An empty list of rows has no columns.
    for name in (*table.formats, *table.labels) if rows.columns else ():
        rows.require_column(name)
    columns = tuple(
        build_column(
            name,
            rows.column(name),
            part=part,
            spec=table.formats.get(name, ""),
            label=table.labels.get(name, ""),
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


def build_column(name: str, values: Sequence[Any], *, part: str, spec: str = "", label: str = "") -> Column:
    """Format the values of a column.

    Args:
        name: The column's name in the rows.
        values: Its values.
        part: The part of the report, for error messages.
        spec: Format specification of the values; empty: the same number of decimals for all numbers.
        label: Header; empty: the name with spaces for underscores.
    """
    present = [value for value in values if not is_missing(value)]
    numeric = bool(present) and all(is_number(value) for value in present)
    if spec:
        location = f"{part}, column `{name}`"
        cells = [
            MISSING if is_missing(value) else format_with_spec(value, spec, location) for value in values
        ]
    elif numeric:
        cells = format_number_column(values)
    else:
        cells = [format_value(value) for value in values]
    return Column(
        clean(label or name.replace("_", " ")), tuple(cells), numeric, tuple(map(is_missing, values))
    )
