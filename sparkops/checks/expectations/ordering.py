"""Expectations about the order of rows. Each compares every row with the previous one, in a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from sparkops.checks.expectations.column_aggregates import build_non_null_count
from sparkops.checks.expectations.map_plans import (
    build_map_result,
    build_row_count_metric,
    format_row_count_name,
    get_first_field,
    satisfies_mostly,
)
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    FailingRows,
    MetricPlan,
    MetricValues,
    Verdict,
)
from sparkops.checks.expectations.spark_conditions import parse_row_condition
from sparkops.checks.results import SAMPLE_SIZE
from sparkops.checks.suite.schema_columns import Columns
from sparkops.core.type_names import SIMPLE_INTEGERS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Great Expectations drops NULL and NaN of these types only.
_TYPES_WITHOUT_NULLS = ("bigint", "double", "int")
_DATE_TYPES = ("timestamp", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Monotonic:
    """The requirement that a column increases, or decreases, from row to row.

    Args:
        column: The column, as Spark resolves it.
        type_name: Its type in SQL.
        args: The expectation's arguments.
        increasing: The direction.
    """

    column: str
    type_name: str
    args: Arguments
    increasing: bool

    def plan(self, columns: Columns) -> MetricPlan:
        """Return the plan."""
        where = self.args["row_condition"]
        count_name, count_column = build_non_null_count(self.args, columns)

        def judge(values: MetricValues, samples: list[Any]) -> Verdict:
            rows, evaluated = values[format_row_count_name(where)], values[count_name]
            unexpected = values["violations"]
            success = (
                not rows or not evaluated or satisfies_mostly(evaluated, unexpected, self.args["mostly"])
            )
            return Verdict(success, build_map_result(rows, evaluated, unexpected, samples))

        failing_rows = FailingRows(
            count="violations",
            condition=None,
            fields=(self.column,),
            to_sample=get_first_field,
            select=lambda frame: self._select_violations(frame).limit(SAMPLE_SIZE),
        )
        return MetricPlan(
            metrics={**build_row_count_metric(where), count_name: count_column},
            compute_own=self._count_violations,
            judge=judge,
            failing_rows=failing_rows,
        )

    def _count_violations(self, frame: DataFrame) -> MetricValues:
        return {"violations": self._select_violations(frame).agg(F.count(F.lit(1))).collect()[0][0]}

    def _select_violations(self, frame: DataFrame) -> DataFrame:
        """Return the values that violate the order, as the column `value`."""
        rows = self._select_evaluated(frame).select(F.col(self.column).alias("value"))
        step = _compute_step(F.col("value"), self.type_name, if_null=1 if self.increasing else -1)
        is_violation = _build_violation_condition(
            step, increasing=self.increasing, strictly=self.args["strictly"]
        )
        return rows.withColumn("violation", is_violation).where("violation").select("value")

    def _select_evaluated(self, frame: DataFrame) -> DataFrame:
        condition, column = parse_row_condition(self.args["row_condition"]), F.col(self.column)
        rows = frame if condition is None else frame.where(condition)
        if self.type_name not in _TYPES_WITHOUT_NULLS:
            return rows
        return rows.where(column.isNotNull() & ~F.isnan(column))


def _make_monotonic_planner(*, increasing: bool) -> ExpectationPlanner:
    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        column = columns.find(args["column"])
        type_name = columns.find_type(column).simpleString()
        monotonic = _Monotonic(column=column, type_name=type_name, args=args, increasing=increasing)
        return monotonic.plan(columns)

    return ExpectationPlanner(("column", "strictly", "mostly", *CONDITION_ARGUMENTS), plan, own_job=True)


def _compute_step(column: Column, type_name: str, *, if_null: int) -> Column:
    """Return the difference of each value from the previous one, or `if_null` if either is NULL."""
    in_order = Window.orderBy(F.lit("constant"))
    if type_name in _DATE_TYPES:
        return F.datediff(column, F.lag(column).over(in_order))
    # The difference of two longs may not be a long.
    value = column.cast("decimal(38,0)") if type_name in SIMPLE_INTEGERS else column
    step = value - F.lag(value).over(in_order)
    return F.when(step.isNull(), if_null).otherwise(step)


def _build_violation_condition(step: Column, *, increasing: bool, strictly: bool | None) -> Column:
    violates: Callable[[Column, int], Column] = {
        (True, True): le,
        (True, False): lt,
        (False, True): ge,
        (False, False): gt,
    }[increasing, bool(strictly)]
    return F.coalesce(violates(step, 0), F.lit(False))


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_values_to_be_increasing": _make_monotonic_planner(increasing=True),
    "expect_column_values_to_be_decreasing": _make_monotonic_planner(increasing=False),
}
