"""How a job's frame goes into its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["overwrite", "append", "replace", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One table that a job publishes, and how.

    Args:
        table: Name in the catalog.
        mode: `overwrite` the whole, `append`, `replace` the partitions or values of `by`, `merge` on the keys `by`.
        by: Columns of `replace` (the slice that is replaced) or keys of `merge`.
        partition_by: Columns that the table is partitioned by when it is made.
        schema_change: Whether new columns or types may replace the table's own.
    """

    table: str
    mode: Mode = "overwrite"
    by: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()
    schema_change: bool = False
