"""A table on the page."""

from __future__ import annotations

from dataclasses import dataclass

from sparkops.pipeline.report import Table
from sparkops.reports.column import Column, column
from sparkops.reports.rows import gather

_TALL = 16  # rows from which a table scrolls in a window of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table as the page's template takes it.

    Args:
        title: What it shows.
        note: The author's sentence under it.
        columns: Its columns, each with all its cells.
        rows: How many rows are shown.
        cut: Whether there are more.
        tall: Whether it scrolls.
    """

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: int
    cut: bool
    tall: bool


def listing(table: Table, *, limit: int) -> Listing:
    """Return a table of at most `limit` rows."""
    part = f"Table `{table.title}`"
    rows = gather(table.rows, part=part, limit=limit)
    for name in (*table.formats, *table.labels):
        if rows.columns:
            rows.column(name)
    columns = tuple(
        column(
            name,
            rows.column(name),
            part=part,
            spec=table.formats.get(name, ""),
            label=table.labels.get(name, ""),
        )
        for name in rows.columns
    )
    return Listing(
        title=table.title,
        note=table.note,
        columns=columns,
        rows=len(rows.values),
        cut=rows.cut,
        tall=len(rows.values) > _TALL,
    )
