"""The values of a parameter for which a job is run, as the distinct values of a table's column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

# Begins such values on the command line: `--each origin=@airports.faa`.
COLUMN_PREFIX: Final = "@"


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """The distinct values of a column, for each of which a job is run.

    The version of the table is pinned; null is left out, unless the parameter takes None.

    Args:
        table: Name of the table.
        column: Its column.
    """

    table: str
    column: str

    def __str__(self) -> str:
        """Return the values as the command line writes them."""
        return f"{COLUMN_PREFIX}{self.table}.{self.column}"


# The values of a parameter for which a job is run: those that are given, or those of a column.
Values = Sequence[Any] | ColumnValues
