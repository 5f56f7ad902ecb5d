"""How a job writes a DataFrame to a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["overwrite", "append", "replace", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A table that a job publishes, and the write mode.

    Args:
        table: Name in the catalog.
        mode: `overwrite` the table, `append`, `replace` rows with the same values of `by`, or `merge` on the keys `by`.
        by: Columns of `replace`, or key columns of `merge`.
        partition_by: Partition columns, applied when the table is created.
        schema_change: Whether the write may change the columns and types of the table.
        publish_empty: Whether a frame without rows may replace rows of the table.
        order_by: Columns of a `merge` that order the rows of one key: the row with the greatest values is kept. Null
            is the lowest value.
    """

    table: str
    mode: Mode = "overwrite"
    by: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()
    schema_change: bool = False
    publish_empty: bool = False
    order_by: tuple[str, ...] = ()

    @property
    def removes_rows(self) -> bool:
        """Return whether the write removes rows of the table that the frame does not have."""
        return self.mode in ("overwrite", "replace")
