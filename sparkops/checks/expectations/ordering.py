"""Expectations about the order of the rows: each compares every row with the one before, in a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from sparkops.checks.expectations.column_aggregates import aggregate
from sparkops.checks.expectations.map_plans import all_rows, rows_name
from sparkops.checks.expectations.metric_plan import (
    SAMPLES,
    Answers,
    Asked,
    Judged,
    Rows,
    enough,
    first,
    shown,
)
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.expectations.spark_conditions import inside
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_WITHOUT_MISSING = ("bigint", "double", "int")
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_DAYS = ("timestamp", "date")


def _ordered(*, up: bool) -> Callable[[Arguments, Columns], Asked]:
    def ask(args: Arguments, columns: Columns) -> Asked:
        name, where = columns.find(args["column"]), args["row_condition"]
        kind = columns.type_of(name).simpleString()
        key, measure = aggregate("count", lambda column, _: F.count(column), args, columns)

        def wrong(frame: DataFrame) -> DataFrame:
            rows = _looked_at(frame, name, where, kind).select(F.col(name).alias("value"))
            step = _step(F.col("value"), kind, missing=1 if up else -1)
            marked = rows.withColumn("wrong", _breaks(step, up=up, strictly=args["strictly"]))
            return marked.where("wrong").select("value")

        def judge(answers: Answers, samples: list[Any]) -> Judged:
            rows, filled = answers[rows_name(where)], answers[key]
            success = not rows or not filled or enough(filled, answers["wrong"], args["mostly"])
            return Judged(success, shown(rows, filled, answers["wrong"], samples))

        return Asked(
            measures={**all_rows(where), key: measure},
            own=lambda frame: {"wrong": wrong(frame).agg(F.count(F.lit(1))).collect()[0][0]},
            judge=judge,
            rows=Rows(
                count="wrong",
                condition=None,
                fields=(name,),
                show=first,
                pick=lambda frame: wrong(frame).limit(SAMPLES),
            ),
        )

    return ask


def _looked_at(frame: DataFrame, name: str, where: str | None, kind: str) -> DataFrame:
    condition = inside(where)
    rows = frame if condition is None else frame.where(condition)
    column = F.col(name)
    return rows.where(column.isNotNull() & ~F.isnan(column)) if kind in _WITHOUT_MISSING else rows


def _step(column: Column, kind: str, *, missing: int) -> Column:
    """Return how far each value is above the one before it; a missing step counts as one in the right direction."""
    before = Window.orderBy(F.lit("constant"))
    if kind in _DAYS:
        return F.datediff(column, F.lag(column).over(before))
    value = column.cast("decimal(38,0)") if kind in _WHOLE else column  # adjacent longs may lie too far apart
    step = value - F.lag(value).over(before)
    return F.when(step.isNull(), missing).otherwise(step)


def _breaks(step: Column, *, up: bool, strictly: bool | None) -> Column:
    against = {(True, True): le, (True, False): lt, (False, True): ge, (False, False): gt}[up, bool(strictly)]
    return F.coalesce(against(step, 0), F.lit(False))


RULES: Mapping[str, Rule] = {
    f"expect_column_values_to_be_{word}": Rule(
        ("column", "strictly", "mostly", *CONDITIONED), _ordered(up=up), own_job=True
    )
    for word, up in (("increasing", True), ("decreasing", False))
}
