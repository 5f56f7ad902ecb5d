"""Profile a frame: one aggregation over all columns, and a second over those that may have few values or be a key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types

from sparkops.checks.profiling.profile import ColumnKind, ColumnProfile, TableProfile
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Values that `expect_column_values_to_be_in_set` may list.
MAX_SET_SIZE = 20
# The distinct count of the first pass is an estimate. Up to this estimate, a column is counted exactly.
_MAX_ESTIMATE_OF_SET = 30
# From this estimated share of distinct values on, a column is tested for being a key.
_MIN_ESTIMATE_OF_KEY = 0.8

_KINDS: Mapping[str, ColumnKind] = {
    "ByteType": "integer",
    "ShortType": "integer",
    "IntegerType": "integer",
    "LongType": "integer",
    "FloatType": "number",
    "DoubleType": "number",
    "DecimalType": "number",
    "StringType": "text",
    "DateType": "date",
    "TimestampType": "timestamp",
    "TimestampNTZType": "timestamp",
    "BooleanType": "boolean",
}
_SET_KINDS: tuple[ColumnKind, ...] = ("integer", "number", "text")
_KEY_KINDS: tuple[ColumnKind, ...] = ("integer", "text", "date", "timestamp")


def profile(frame: DataFrame, table: str) -> TableProfile:
    """Profile a frame in one pass, or two.

    Args:
        frame: The rows.
        table: Their table.
    """
    column_profilers = _build_column_profilers(frame)
    metrics = [metric for profiler in column_profilers for metric in profiler.metrics.values()]
    rows, *values = frame.agg(F.count(F.lit(1)), *metrics).collect()[0]
    remaining = iter(values)
    columns = [
        profiler.to_profile({name: next(remaining) for name in profiler.metrics}, rows)
        for profiler in column_profilers
    ]
    names = tuple(Columns.of(frame.schema).names)
    first_pass = TableProfile(table=table, rows=rows, columns=tuple(columns), names=names)
    return _count_values(frame, first_pass, column_profilers)


@dataclass(frozen=True, slots=True)
class _ColumnProfiler:
    """The metrics of one column."""

    name: str
    kind: ColumnKind
    type: Any
    column: Column

    @property
    def metrics(self) -> dict[str, Column]:
        """Return the aggregates by name; most names are fields of ColumnProfile."""
        metrics = {"non_nulls": F.count(self.column)}
        if self.kind != "other":
            metrics["distinct"] = F.approx_count_distinct(self.column)
        if self.kind in ("integer", "number"):
            metrics |= self._number_metrics()
        if self.kind in ("date", "timestamp"):
            metrics |= {
                "minimum": F.min(self.column).cast("string"),
                "maximum": F.max(self.column).cast("string"),
            }
        if self.kind == "text":
            length = F.length(self.column)
            metrics |= {"shortest": F.min(length), "longest": F.max(length)}
            metrics["blanks"] = F.count_if(F.trim(self.column) == "")
        if self.kind == "boolean":
            metrics["trues"] = F.count_if(self.column)
        return metrics

    def _number_metrics(self) -> dict[str, Column]:
        """Return the aggregates of numbers without NaN, which Spark sorts above all numbers."""
        value, metrics = self.column, {}
        if type(self.type).__name__ in ("FloatType", "DoubleType"):
            metrics["nans"] = F.count_if(F.isnan(value))
            value = F.when(~F.isnan(value), value)
        double = value.cast("double")
        return metrics | {
            "minimum": F.min(value),
            "maximum": F.max(value),
            "mean": F.mean(double),
            "stddev": F.stddev_samp(double),
        }

    @property
    def text(self) -> Column:
        """Return the values as text, the same text for equal values: -0.0 and 0.0 are equal."""
        value = self.column.cast("double") + F.lit(0.0) if self.kind == "number" else self.column
        return value.cast("string")

    def to_profile(self, values: dict[str, Any], rows: int) -> ColumnProfile:
        """Return the profile with these metric values."""
        non_nulls, type_name = values.pop("non_nulls"), type(self.type).__name__
        lengths = (values.pop("shortest", None), values.pop("longest", None))
        return ColumnProfile(
            name=self.name,
            kind=self.kind,
            type_name=type_name if getattr(types, type_name, None) is type(self.type) else None,
            type_text=self.type.simpleString(),
            nulls=rows - non_nulls,
            lengths=None if lengths[0] is None else lengths,
            **values,
        )


def _build_column_profilers(frame: DataFrame) -> list[_ColumnProfiler]:
    return [
        _ColumnProfiler(
            name=f"`{field.name}`" if "." in field.name else field.name,
            kind=_KINDS.get(type(field.dataType).__name__, "other"),
            type=field.dataType,
            column=F.col(f"`{field.name.replace('`', '``')}`"),
        )
        for field in frame.schema.fields
    ]


def _count_values(
    frame: DataFrame, first_pass: TableProfile, column_profilers: Sequence[_ColumnProfiler]
) -> TableProfile:
    """Add to the profile the values of columns with few values, and which columns are keys; both are exact."""
    sets = [index for index, column in enumerate(first_pass.columns) if _can_be_set(column)]
    keys = [
        index
        for index, column in enumerate(first_pass.columns)
        if _can_be_key(column, first_pass.count_non_nulls(column))
    ]
    if not sets and not keys:
        return first_pass
    columns = list(first_pass.columns)
    for row in _count_by_value(frame, column_profilers, {*sets, *keys}, sets).collect():
        index = row["column"]
        values = None
        if index in sets and row["distinct"] <= MAX_SET_SIZE:
            values = _parse_counts(columns[index], row["counts"])
        unique = index in keys and row["max_rows"] == 1
        columns[index] = replace(columns[index], values=values, unique=unique)
    return replace(first_pass, columns=tuple(columns))


def _can_be_set(column: ColumnProfile) -> bool:
    return (
        column.kind in _SET_KINDS and 0 < (column.distinct or 0) <= _MAX_ESTIMATE_OF_SET and not column.nans
    )


def _can_be_key(column: ColumnProfile, non_nulls: int) -> bool:
    return (
        column.kind in _KEY_KINDS
        and non_nulls > 1
        and (column.distinct or 0) >= _MIN_ESTIMATE_OF_KEY * non_nulls
    )


def _count_by_value(
    frame: DataFrame,
    column_profilers: Sequence[_ColumnProfiler],
    counted: Collection[int],
    listed: Collection[int],
) -> DataFrame:
    """Return for each counted column its number of distinct values, the rows of the most common one, and the values.

    Values are grouped by their text.

    Args:
        frame: The rows.
        column_profilers: All columns.
        counted: Positions of the columns to count.
        listed: Positions of the columns whose values are listed, too.
    """
    pairs = [
        F.struct(F.lit(index).alias("column"), profiler.text.alias("value"))
        for index, profiler in enumerate(column_profilers)
        if index in counted
    ]
    pair = frame.select(F.explode(F.array(*pairs)).alias("pair")).select("pair.*")
    value_rows = (
        pair.where(F.col("value").isNotNull()).groupBy("column", "value").agg(F.count("*").alias("rows"))
    )
    list_item = F.when(F.col("column").isin(list(listed)), F.struct("value", "rows"))
    return value_rows.groupBy("column").agg(
        F.count("*").alias("distinct"),
        F.max("rows").alias("max_rows"),
        F.slice(F.sort_array(F.collect_list(list_item)), 1, MAX_SET_SIZE).alias("counts"),
    )


def _parse_counts(column: ColumnProfile, counts: Iterable[Any]) -> dict[Any, int]:
    """Return each value and its rows, numbers as numbers, sorted by value."""
    parse = {"integer": int, "number": float}.get(column.kind, str)
    rows = {parse(row["value"]): int(row["rows"]) for row in counts}
    return {value: rows[value] for value in sorted(rows)}
