"""Statistics of a Parquet file as Delta's log keeps them for data skipping: rows, minimum and maximum values, nulls.

They are read from the footer of the file. A bound is left out where the order of the footer is not Spark's: NaN is the
greatest number in Spark and footers ignore it, so floating-point columns have no maximum. Timestamps have no bounds.
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

# Delta keeps statistics of the first 32 columns.
_MAX_COLUMNS = 32
_MAX_TEXT_LENGTH = 256


@dataclass(frozen=True, slots=True)
class FileStats:
    """Statistics of one file.

    Args:
        rows: Number of rows.
        json: The `stats` of an `add` action: `numRecords`, `minValues`, `maxValues`, `nullCount`.
    """

    rows: int
    json: str


def read_file_stats(file: Path, columns: Sequence[str]) -> FileStats:
    """Return the statistics of a Parquet file.

    Args:
        file: The file.
        columns: Top-level columns, in order. Those without statistics in the footer are left out.
    """
    from pyarrow import parquet

    footer = parquet.read_metadata(file)
    positions = {footer.schema.column(index).path: index for index in range(footer.num_columns)}
    minima: dict[str, str] = {}
    maxima: dict[str, str] = {}
    nulls: dict[str, str] = {}
    for name in columns[:_MAX_COLUMNS]:
        chunks = (
            list(_read_chunk_statistics(footer, positions[name]))
            if name in positions and "." not in name
            else []
        )
        if not chunks or any(chunk is None or not chunk.has_null_count for chunk in chunks):
            continue
        nulls[name] = str(sum(chunk.null_count for chunk in chunks))
        low, high = _find_bounds(chunks)
        if low is not None:
            minima[name] = low
        if high is not None:
            maxima[name] = high
    fields = {
        "numRecords": str(footer.num_rows),
        "minValues": _format_object(minima),
        "maxValues": _format_object(maxima),
        "nullCount": _format_object(nulls),
    }
    return FileStats(footer.num_rows, _format_object(fields))


def _read_chunk_statistics(footer: Any, column: int) -> Iterator[Any]:
    for group in range(footer.num_row_groups):
        yield footer.row_group(group).column(column).statistics


def _find_bounds(chunks: list[Any]) -> tuple[str | None, str | None]:
    """Return minimum and maximum as JSON; None where the order of the footer is not Spark's."""
    filled = [chunk for chunk in chunks if chunk.num_values]
    if not filled or not all(chunk.has_min_max for chunk in filled):
        return None, None
    try:
        low, high = min(chunk.min for chunk in filled), max(chunk.max for chunk in filled)
    except (ValueError, OverflowError):
        # A date that Python cannot hold.
        return None, None
    return _to_json(low), None if isinstance(high, float) else _to_json(high)


def _to_json(value: Any) -> str | None:
    """Return a bound as JSON; None if Delta's log has no bounds of its type or length."""
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
    return json.dumps(value) if isinstance(value, str) and len(value) <= _MAX_TEXT_LENGTH else None


def _format_object(fields: dict[str, str]) -> str:
    """Return a JSON object of fields whose values are JSON already."""
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items()) + "}"
