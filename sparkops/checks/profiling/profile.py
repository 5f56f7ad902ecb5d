"""The profile of a table: its number of rows and the statistics of each column, from which expectations are drafted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ColumnKind = Literal["integer", "number", "text", "date", "timestamp", "boolean", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """The profile of one column. Statistics ignore NULL and NaN.

    Args:
        name: As Great Expectations names it: a name that contains a dot is in backticks.
        kind: Decides which statistics are computed. `number` is any non-integer number; `other` gets only `nulls`.
        type_name: Spark's class of the type, such as `IntegerType`; None if the class is not Spark's.
        type_text: The type in SQL, such as `int`.
        nulls: Rows with NULL.
        distinct: Estimated number of distinct values; None for `other`.
        minimum: Least value; dates and timestamps as ISO text in the session's time zone.
        maximum: Greatest value.
        mean: Mean of the numbers.
        stddev: Sample standard deviation of the numbers.
        nans: Values that are NaN.
        lengths: Characters of the shortest and of the longest text.
        blanks: Texts that are empty or contain only blanks.
        trues: Values that are true.
        values: Each value and its exact number of rows, if there are few; else None.
        unique: Whether no value occurs twice, exactly.
    """

    name: str
    kind: ColumnKind
    type_name: str | None
    type_text: str
    nulls: int = 0
    distinct: int | None = None
    minimum: Any = None
    maximum: Any = None
    mean: float | None = None
    stddev: float | None = None
    nans: int = 0
    lengths: tuple[int, int] | None = None
    blanks: int = 0
    trues: int | None = None
    values: Mapping[Any, int] | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProfile:
    """The profile of a table.

    Args:
        table: Name in the catalog.
        rows: Number of rows.
        columns: In the table's order.
        names: Every name that Great Expectations gives a column, with the fields of structs.
    """

    table: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    names: tuple[str, ...]

    def count_non_nulls(self, column: ColumnProfile) -> int:
        """Return how many rows have a value in a column."""
        return self.rows - column.nulls
