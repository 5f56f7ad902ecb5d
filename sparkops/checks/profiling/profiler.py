"""Looking at a frame: one aggregation over every column, and one more pass where few values or a key are likely."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types

from sparkops.checks.profiling.profile import ColumnProfile, Kind, TableProfile
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FEW = 20  # values that a set may have
_ABOUT_FEW = 30  # what an estimate may say of so few
_ABOUT_ALL = 0.8  # share of the rows that an estimate says of a key, at least

_KINDS: Mapping[str, Kind] = {
    "ByteType": "whole",
    "ShortType": "whole",
    "IntegerType": "whole",
    "LongType": "whole",
    "FloatType": "number",
    "DoubleType": "number",
    "DecimalType": "number",
    "StringType": "text",
    "DateType": "day",
    "TimestampType": "moment",
    "TimestampNTZType": "moment",
    "BooleanType": "truth",
}
_IN_SETS: tuple[Kind, ...] = ("whole", "number", "text")
_KEYS: tuple[Kind, ...] = ("whole", "text", "day", "moment")


def profile(frame: DataFrame, table: str) -> TableProfile:
    """Look at a frame: one pass, and one more over the columns that may hold few values or a key, to count them.

    Args:
        frame: The rows; read twice where any column is such.
        table: What they are called.
    """
    looks = _looks(frame)
    measures = [measure for look in looks for measure in look.measures.values()]
    row = frame.agg(F.count(F.lit(1)), *measures).collect()[0]
    answers = iter(row[1:])
    seen = [look.seen({name: next(answers) for name in look.measures}, row[0]) for look in looks]
    found = TableProfile(
        table=table, rows=row[0], columns=tuple(seen), names=tuple(Columns.of(frame.schema).names)
    )
    return _counted(frame, found, looks)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked about one column."""

    name: str
    kind: Kind
    type: Any
    column: Column

    @property
    def measures(self) -> dict[str, Column]:
        """Return the aggregates by what they are called in a profile."""
        found = {"filled": F.count(self.column)}
        if self.kind != "other":
            found["distinct"] = F.approx_count_distinct(self.column)
        if self.kind in ("whole", "number"):
            found |= self._numbers()
        if self.kind in ("day", "moment"):
            found |= {"least": F.min(self.column).cast("string"), "most": F.max(self.column).cast("string")}
        if self.kind == "text":
            length = F.length(self.column)
            found |= {"shortest": F.min(length), "longest": F.max(length)}
            found["blanks"] = F.count_if(F.trim(self.column) == "")
        if self.kind == "truth":
            found["trues"] = F.count_if(self.column)
        return found

    def _numbers(self) -> dict[str, Column]:
        """Return aggregates of the numbers; NaN, which Spark holds for the greatest, is only counted."""
        value, found = self.column, {}
        if type(self.type).__name__ in ("FloatType", "DoubleType"):
            found["nans"] = F.count_if(F.isnan(value))
            value = F.when(~F.isnan(value), value)
        real = value.cast("double")
        return found | {
            "least": F.min(value),
            "most": F.max(value),
            "mean": F.mean(real),
            "deviation": F.stddev_samp(real),
        }

    @property
    def text(self) -> Column:
        """Return the values as texts, one for each: of a number as a double, whose zeros are one."""
        value = self.column.cast("double") + F.lit(0.0) if self.kind == "number" else self.column
        return value.cast("string")

    def seen(self, answers: dict[str, Any], rows: int) -> ColumnProfile:
        """Return the profile that the answers make."""
        filled, name = answers.pop("filled"), type(self.type).__name__
        lengths = (answers.pop("shortest", None), answers.pop("longest", None))
        return ColumnProfile(
            name=self.name,
            kind=self.kind,
            type_name=name if getattr(types, name, None) is type(self.type) else None,
            type_text=self.type.simpleString(),
            nulls=rows - filled,
            lengths=None if lengths[0] is None else lengths,
            **answers,
        )


def _looks(frame: DataFrame) -> list[_Look]:
    return [
        _Look(
            name=f"`{name}`" if "." in name else name,
            kind=_KINDS.get(type(kind).__name__, "other"),
            type=kind,
            column=F.col(f"`{name.replace('`', '``')}`"),
        )
        for name, kind in ((field.name, field.dataType) for field in frame.schema.fields)
    ]


def _counted(frame: DataFrame, found: TableProfile, looks: Sequence[_Look]) -> TableProfile:
    """Return the profile with every value of the columns that have few, and what is a key; both exact."""
    few = [n for n, column in enumerate(found.columns) if _may_be_few(column)]
    keys = [n for n, column in enumerate(found.columns) if _may_be_key(column, found.filled(column))]
    if not few and not keys:
        return found
    columns = list(found.columns)
    for row in _counts(frame, looks, {*few, *keys}, few).collect():
        values = None
        if row["column"] in few and row["different"] <= FEW:
            values = _typed(columns[row["column"]], row["counts"])
        unique = row["column"] in keys and row["most"] == 1
        columns[row["column"]] = replace(columns[row["column"]], values=values, unique=unique)
    return replace(found, columns=tuple(columns))


def _may_be_few(column: ColumnProfile) -> bool:
    return column.kind in _IN_SETS and 0 < (column.distinct or 0) <= _ABOUT_FEW and not column.nans


def _may_be_key(column: ColumnProfile, filled: int) -> bool:
    return column.kind in _KEYS and filled > 1 and (column.distinct or 0) >= _ABOUT_ALL * filled


def _counts(frame: DataFrame, looks: Sequence[_Look], wanted: Collection[int], few: list[int]) -> DataFrame:
    """Return a row for each column: its different values, the rows of the commonest, and all of them where few.

    Values are counted by their text, which is another one where the value is.
    """
    pairs = [
        F.struct(F.lit(n).alias("column"), look.text.alias("value"))
        for n, look in enumerate(looks)
        if n in wanted
    ]
    pair = frame.select(F.explode(F.array(*pairs)).alias("pair")).select("pair.*")
    times = pair.where(F.col("value").isNotNull()).groupBy("column", "value").agg(F.count("*").alias("rows"))
    shown = F.when(F.col("column").isin(few), F.struct("value", "rows"))
    return times.groupBy("column").agg(
        F.count("*").alias("different"),
        F.max("rows").alias("most"),
        F.slice(F.sort_array(F.collect_list(shown)), 1, FEW).alias("counts"),
    )


def _typed(column: ColumnProfile, counts: Iterable[Any]) -> dict[Any, int]:
    """Return value to rows, numbers as numbers, the least first."""
    read = {"whole": int, "number": float}.get(column.kind, str)
    found = {read(row["value"]): int(row["rows"]) for row in counts}
    return {value: found[value] for value in sorted(found)}
