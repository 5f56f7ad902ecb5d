"""What a look at a table found: its rows, and of each column what an expectation could say; values alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["whole", "number", "text", "day", "moment", "truth", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What was seen of one column.

    Args:
        name: As Great Expectations names it: one with a dot stands in backticks.
        kind: `whole` numbers or others, `text`, `day` (dates), `moment` (timestamps), `truth`; `other` is only counted.
        type_name: Spark's class of the type: `IntegerType`; None where it is not Spark's own.
        type_text: The type as SQL writes it: `int`.
        nulls: Rows without a value.
        distinct: Different values, about; None for `other`.
        least: Least value but NaN; days and moments as ISO text in the session's time zone.
        most: Greatest value but NaN.
        mean: Of the numbers but NaN.
        deviation: Sample standard deviation of the numbers but NaN.
        nans: Values that are NaN.
        lengths: Characters of the shortest and of the longest text.
        blanks: Texts of blanks alone, or empty.
        trues: Values that are true.
        values: Every value and its rows, counted, where there are few; None where there are many, or it was not asked.
        unique: No value stands in two rows: counted.
    """

    name: str
    kind: Kind
    type_name: str | None
    type_text: str
    nulls: int = 0
    distinct: int | None = None
    least: Any = None
    most: Any = None
    mean: float | None = None
    deviation: float | None = None
    nans: int = 0
    lengths: tuple[int, int] | None = None
    blanks: int = 0
    trues: int | None = None
    values: Mapping[Any, int] | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProfile:
    """What was seen of a table.

    Args:
        table: Name in the catalog.
        rows: Rows, counted.
        columns: In the table's order.
        names: Every name that Great Expectations gives a column, those inside of structs, too.
    """

    table: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    names: tuple[str, ...]

    def filled(self, column: ColumnProfile) -> int:
        """Return how many rows have a value in a column."""
        return self.rows - column.nulls
