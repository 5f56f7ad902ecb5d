"""What Delta's log tells of a Parquet file so that readers can pass it by: its rows, least and greatest values, nulls.

From the file's footer alone. A bound is left out where the footer's is not Spark's own order: NaN is Spark's greatest
number and no footer counts it, so floating-point columns get no greatest value; timestamps get none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

_INDEXED = 32  # columns that Delta itself keeps statistics of
_LONGEST = 256  # characters of a text that may stand in a log


@dataclass(frozen=True, slots=True)
class FileStats:
    """One file's numbers.

    Args:
        rows: Rows in it.
        text: Delta's own JSON: `numRecords`, `minValues`, `maxValues`, `nullCount`.
    """

    rows: int
    text: str


def file_stats(file: Path, columns: Sequence[str]) -> FileStats:
    """Return the statistics of a Parquet file.

    Args:
        file: The file.
        columns: Its top-level columns, in order; those that the footer says nothing about are left out.
    """
    from pyarrow import parquet

    footer = parquet.read_metadata(file)
    places = {footer.schema.column(at).path: at for at in range(footer.num_columns)}
    least: dict[str, str] = {}
    most: dict[str, str] = {}
    nulls: dict[str, str] = {}
    for name in columns[:_INDEXED]:
        parts = list(_parts(footer, places[name])) if name in places and "." not in name else []
        if not parts or any(part is None or not part.has_null_count for part in parts):
            continue
        nulls[name] = str(sum(part.null_count for part in parts))
        low, high = _bounds(parts)
        least |= {name: low} if low is not None else {}
        most |= {name: high} if high is not None else {}
    told = {"minValues": _object(least), "maxValues": _object(most), "nullCount": _object(nulls)}
    return FileStats(footer.num_rows, _object({"numRecords": str(footer.num_rows), **told}))


def _parts(footer: Any, column: int) -> Iterator[Any]:
    for group in range(footer.num_row_groups):
        yield footer.row_group(group).column(column).statistics


def _bounds(parts: list[Any]) -> tuple[str | None, str | None]:
    """Return the least and the greatest value as JSON; None where the footer does not tell it in Spark's order."""
    filled = [part for part in parts if part.num_values]
    if not filled or not all(part.has_min_max for part in filled):
        return None, None
    low, high = min(part.min for part in filled), max(part.max for part in filled)
    return _json(low), None if isinstance(high, float) else _json(high)


def _json(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return json.dumps(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if type(value) is date:
        return json.dumps(value.isoformat())
    return json.dumps(value) if isinstance(value, str) and len(value) <= _LONGEST else None


def _object(fields: dict[str, str]) -> str:
    """Return a JSON object of values that are JSON already."""
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items()) + "}"
