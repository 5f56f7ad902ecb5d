"""The difference between two multisets of rows.

Equal frames are found in one pass without a shuffle. If they differ, a second pass groups the rows of both by their
values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.column_name import quote_column
from sparkops.core.tolerance import are_close
from sparkops.driver.collection import collect_nested
from sparkops.pipeline.reports.replay_verdict import RowDifference, RowExample
from sparkops.tables.compare.comparable import count_digits, find_tolerance, to_comparable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField

# Columns of a group of equal rows: how many more the first frame has than the second, and how many both have together.
_COUNT, _ROWS = "_sparkops_count", "_sparkops_rows"
# Columns are compared by sums of hashes modulo this prime; it keeps the sums far below the limit of 64 bits.
_PRIME: Final = 2_147_483_647
# Up to so many different rows are compared on the driver. There a tolerance applies between two values; in Spark they
# are rounded first, so that two close values may be rounded apart.
_MAX_COLLECTED: Final = 2_000
# The tolerance between two values is larger by this factor. They are rounded already, and two neighbouring rounded
# values, which differ by the tolerance, may differ by a little more as they are represented.
_MARGIN: Final = 1.1
# Characters of a text, or bytes of a binary value, in an example.
_MAX_TEXT: Final = 200
# Seeds of the two hashes.
_SEEDS: Final = (1, 2)
_TIME_FORMAT: Final = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
_JSON_OPTIONS: Final = {
    "ignoreNullFields": "false",
    "timestampFormat": _TIME_FORMAT,
    "timestampNTZFormat": _TIME_FORMAT,
}
_LOW_BITS: Final = 0xFFFF_FFFF

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """How rows are compared.

    Args:
        tolerance: Relative tolerance of floats; 0 compares them exactly.
        examples: Maximum number of example rows of each kind.
    """

    tolerance: float
    examples: int


def compare_rows(recorded: DataFrame, replayed: DataFrame, options: CompareOptions) -> RowDifference:
    """Return the difference between the rows of two frames with the same columns and types, in any order.

    Args:
        recorded: The rows that a run wrote.
        replayed: The rows that a replay computed.
        options: How they are compared.
    """
    equal = _count_if_equal(recorded, replayed)
    if equal is not None:
        return RowDifference(recorded=equal, replayed=equal)
    groups = _count_groups(recorded, replayed, options)
    counts = _summarize_groups(groups)
    if counts.is_empty:
        return counts
    if counts.missing + counts.added <= _MAX_COLLECTED:
        rows = collect_nested(groups.where(f"{_COUNT} != 0").drop(_ROWS))
        return _compare_collected(rows, counts, recorded, options)
    columns = _find_different_columns(groups, recorded.columns)
    same = [name for name in recorded.columns if name not in columns] or recorded.columns
    return replace(
        counts,
        columns=columns if counts.missing and counts.added else (),
        missing_examples=_take_examples(groups.where(f"{_COUNT} > 0"), same, options.examples),
        added_examples=_take_examples(groups.where(f"{_COUNT} < 0"), same, options.examples),
    )


def _count_if_equal(recorded: DataFrame, replayed: DataFrame) -> int | None:
    """Return the number of rows if both frames have the same rows, bit for bit; None if that is not certain.

    Sums of two 64-bit hashes of each row are compared: they do not depend on the order of rows, and need no shuffle.
    """
    from pyspark.sql import functions as F

    values = [_to_hashable(field) for field in recorded.schema.fields]
    # `xxhash64` skips nulls, so which values are null is hashed, too.
    nulls = [F.col(quote_column(name)).isNull() for name in recorded.columns]
    hashes = [F.xxhash64(F.lit(seed), *values, *nulls) for seed in _SEEDS]
    parts = [
        part for value in hashes for part in (value.bitwiseAND(_LOW_BITS), F.shiftrightunsigned(value, 32))
    ]
    names = [f"h{number}" for number in range(len(parts))]
    totals = [
        frame.select(*(part.alias(name) for part, name in zip(parts, names, strict=True))).agg(
            F.count("*").alias("rows"), *(F.try_sum(name).alias(name) for name in names)
        )
        for frame in (recorded, replayed)
    ]
    first, second = totals[0].unionAll(totals[1]).collect()
    is_equal = first == second and (first["rows"] == 0 or first["h0"] is not None)
    return int(first["rows"]) if is_equal else None


def _to_hashable(field: StructField) -> Column:
    """Return the values of a column in a form that can be hashed: nested ones as text, with their nulls."""
    from pyspark.sql import functions as F

    column = to_comparable(field, None)
    kind = field.dataType.typeName()
    if kind in ("array", "map", "struct"):
        return F.to_json(F.struct(column), _JSON_OPTIONS)
    return column


def _count_groups(recorded: DataFrame, replayed: DataFrame, options: CompareOptions) -> DataFrame:
    """Return each different row with its count in the first frame minus that in the second, and the sum of both."""
    from pyspark.sql import functions as F

    digits = count_digits(options.tolerance)
    columns = [to_comparable(field, digits) for field in recorded.schema.fields]
    signed = recorded.select(*columns, F.lit(1).alias(_COUNT)).unionAll(
        replayed.select(*columns, F.lit(-1).alias(_COUNT))
    )
    names = [quote_column(name) for name in recorded.columns]
    return signed.groupBy(*names).agg(F.sum(_COUNT).alias(_COUNT), F.count("*").alias(_ROWS))


def _summarize_groups(groups: DataFrame) -> RowDifference:
    """Return the number of rows of each frame, and of those that only one of them has."""
    from pyspark.sql import functions as F

    count = F.col(_COUNT)
    totals = groups.agg(
        F.coalesce(F.sum(_ROWS), F.lit(0)).alias("rows"),
        F.coalesce(F.sum(count), F.lit(0)).alias("balance"),
        F.coalesce(F.sum(F.when(count > 0, count)), F.lit(0)).alias("missing"),
        F.coalesce(F.sum(F.when(count < 0, -count)), F.lit(0)).alias("added"),
    ).collect()[0]
    rows, balance = int(totals["rows"]), int(totals["balance"])
    return RowDifference(
        recorded=(rows + balance) // 2,
        replayed=(rows - balance) // 2,
        missing=int(totals["missing"]),
        added=int(totals["added"]),
    )


def _find_different_columns(groups: DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns in which the missing rows have other values than the added ones."""
    from pyspark.sql import functions as F

    hashes = [
        F.sum(F.col(_COUNT) * F.pmod(F.xxhash64(_to_text(groups, name)), F.lit(_PRIME))).alias(f"h{number}")
        for number, name in enumerate(columns)
    ]
    totals = groups.where(f"{_COUNT} != 0").agg(*hashes).collect()[0]
    return tuple(name for number, name in enumerate(columns) if totals[f"h{number}"])


def _to_text(groups: DataFrame, name: str) -> Column:
    """Return the values of a column as text that differs where they differ, null too."""
    from pyspark.sql import functions as F

    column = F.col(quote_column(name))
    if _is_binary(groups, name):
        return F.coalesce(F.concat(F.lit("="), F.hex(column)), F.lit("null"))
    return F.to_json(F.struct(column.alias("v")), _JSON_OPTIONS)


def _is_binary(groups: DataFrame, name: str) -> bool:
    return groups.schema[name].dataType.typeName() == "binary"


def _take_examples(groups: DataFrame, order: Sequence[str], limit: int) -> tuple[RowExample, ...]:
    """Return the first groups as examples.

    Args:
        groups: The groups of one side.
        order: Columns that do not differ; sorted by them, the examples of both sides are about related rows.
        limit: Maximum number of examples.
    """
    from pyspark.sql import functions as F

    keys = [_to_text(groups, name) for name in order] or [F.lit(1)]
    rows = collect_nested(groups.orderBy(*keys).limit(limit).drop(_ROWS))
    return tuple(_to_example(row) for row in rows)


def _compare_collected(
    rows: Sequence[Row], counts: RowDifference, frame: DataFrame, options: CompareOptions
) -> RowDifference:
    """Return the difference without the pairs of rows whose floats are equal within the tolerance."""
    tolerances = {
        field.name: find_tolerance(field.dataType, options.tolerance) for field in frame.schema.fields
    }
    floats = {name: tolerance for name, tolerance in tolerances.items() if tolerance}
    missing = {number: row[_COUNT] for number, row in enumerate(rows) if row[_COUNT] > 0}
    added = {number: -row[_COUNT] for number, row in enumerate(rows) if row[_COUNT] < 0}
    if floats:
        _cancel_equal_rows(rows, missing, added, floats)
    missing_rows = _repeat(rows, missing)
    added_rows = _repeat(rows, added)
    columns = [
        name
        for name in frame.columns
        if Counter(_freeze(row[name]) for row in missing_rows)
        != Counter(_freeze(row[name]) for row in added_rows)
    ]
    order = [name for name in frame.columns if name not in columns] or frame.columns
    return replace(
        counts,
        missing=len(missing_rows),
        added=len(added_rows),
        columns=tuple(columns) if missing_rows and added_rows else (),
        missing_examples=_select_examples(rows, missing, order, options.examples),
        added_examples=_select_examples(rows, added, order, options.examples),
    )


def _cancel_equal_rows(
    rows: Sequence[Row],
    missing: dict[int, int],
    added: dict[int, int],
    floats: Mapping[str, float],
) -> None:
    """Remove the pairs of a missing and an added row that differ only in floats, within the tolerance.

    Args:
        rows: The rows that differ.
        missing: Count of each missing row, by its index in `rows`; reduced in place.
        added: Count of each added row, by its index in `rows`; reduced in place.
        floats: Tolerance of each column with floats.
    """
    candidates: dict[Any, list[int]] = {}
    for number in added:
        candidates.setdefault(_identify(rows[number], floats), []).append(number)
    for number in list(missing):
        first = rows[number]
        for other in candidates.get(_identify(first, floats), ()):
            second = rows[other]
            if all(
                are_close(first[name], second[name], _MARGIN * tolerance)
                for name, tolerance in floats.items()
            ):
                common = min(missing[number], added[other])
                missing[number] -= common
                added[other] -= common


def _identify(row: Row, floats: Mapping[str, float]) -> Any:
    """Return a key of the values of a row that have no floats."""
    return tuple(_freeze(value) for name, value in row.items() if name not in floats and name != _COUNT)


def _repeat(rows: Sequence[Row], counts: Mapping[int, int]) -> list[Row]:
    """Return each row as often as its count says."""
    return [rows[number] for number, count in counts.items() for _ in range(count)]


def _freeze(value: Any) -> Any:
    """Return a value that can be a key; equal values give equal keys, and NaN equals itself."""
    if isinstance(value, Mapping):
        return tuple((key, _freeze(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_freeze, value))
    if isinstance(value, bytearray):
        return bytes(value)
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _select_examples(
    rows: Sequence[Row], counts: Mapping[int, int], order: Sequence[str], limit: int
) -> tuple[RowExample, ...]:
    """Return the first rows whose count is not 0 as examples, ordered as by `_take_examples`."""
    numbers = [number for number, count in counts.items() if count]
    numbers.sort(key=lambda number: [str(rows[number][name]) for name in order])
    return tuple(_to_example({**rows[number], _COUNT: counts[number]}) for number in numbers[:limit])


def _to_example(row: Row) -> RowExample:
    values = {name: to_json_value(value) for name, value in row.items() if name != _COUNT}
    return RowExample(values, abs(int(row[_COUNT])))


def to_json_value(value: Any) -> Any:
    """Return a value of a row as a JSON value; long texts are shortened."""
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return _shorten(f"X'{bytes(value[:_MAX_TEXT]).hex().upper()}'")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        is_number = not isinstance(value, float) or math.isfinite(value)
        return value if is_number else str(value)
    return _shorten(str(value) if isinstance(value, str | Decimal) else repr(value))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
