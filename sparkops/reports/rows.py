"""Rows of a table or a plot, collected from a Spark frame or from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.column_format import ColumnFormat, build_column_format


@dataclass(frozen=True, slots=True)
class CollectedRows:
    """Rows with their column names.

    Args:
        part: The part of the report that the rows belong to, for error messages.
        columns: Column names in order.
        values: One mapping per row; a row may lack a column.
        truncated: Whether there were more rows than were collected.
        specs: The author's format specification of each column that has one.
    """

    part: str
    columns: tuple[str, ...]
    values: tuple[Mapping[str, Any], ...]
    truncated: bool = False
    specs: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> list[Any]:
        """Return the values of one column."""
        return [row.get(name) for row in self.values]

    def column_format(self, name: str) -> ColumnFormat:
        """Return how the values of one column are shown."""
        return build_column_format(name, self.column(name), part=self.part, spec=self.specs.get(name, ""))


def collect_rows(source: Any, *, part: str, limit: int) -> CollectedRows:
    """Collect the first rows of a Spark frame or of a sequence of mappings.

    Args:
        source: The frame or the sequence.
        part: The part of the report that the rows belong to, for error messages.
        limit: Maximum number of rows. One more is read to find out whether there are more.
    """
    if hasattr(source, "collect") and hasattr(source, "columns"):
        from sparkops.driver.collection import collect_nested

        columns = tuple(source.columns)
        rows = collect_nested(source.limit(limit + 1))
    elif isinstance(source, Sequence) and all(isinstance(row, Mapping) for row in source):
        rows = list(source[: limit + 1])
        columns = tuple(dict.fromkeys(str(name) for row in rows for name in row))
    else:
        raise JobFailed(
            f"The rows of {part} are of type {type(source).__name__}: pass a DataFrame or a list of mappings."
        )
    return CollectedRows(part, columns, tuple(rows[:limit]), truncated=len(rows) > limit)
