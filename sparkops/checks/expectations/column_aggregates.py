"""Column aggregate expectations: minimum, maximum, mean, sum, deviation, median, quantiles, non-null proportion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.bounds import BOUND_ARGUMENTS, judge_bounds
from sparkops.checks.expectations.map_plans import build_row_count_metric, format_row_count_name
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    MetricPlan,
    MetricValues,
    Verdict,
)
from sparkops.checks.expectations.spark_conditions import parse_row_condition, restrict_to
from sparkops.checks.suite.schema_columns import Columns
from sparkops.core.type_names import FLOATING_TYPES, SIMPLE_INTEGERS

if TYPE_CHECKING:
    from pyspark.sql import Column

# An aggregate of a column, given the column and its Spark type.
Aggregate = Callable[["Column", Any], "Column"]

_ARGUMENTS = ("column", *BOUND_ARGUMENTS, *CONDITION_ARGUMENTS)
_MEAN_TYPES = ("int", "bigint", *FLOATING_TYPES, "decimal")
# With this accuracy `percentile_approx` merges no values of a frame with fewer rows, so it is exact, as
# `approxQuantile` is with a relative error of 0.
_EXACT_ACCURACY = 2**31 - 1
# 0.5 plus this is the level of the upper of the two middle values: less than half a row in a frame of up to 5e9 rows.
_ABOVE_HALF = 1e-10
# Tolerances within which Great Expectations considers a quantile equal to a bound.
_ABSOLUTE_TOLERANCE, _RELATIVE_TOLERANCE = 1e-8, 1e-4


def build_column_metric(
    name: str, aggregate: Aggregate, args: Arguments, columns: Columns
) -> tuple[str, Column]:
    """Return the name and the aggregate of the argument `column`, on the rows of `row_condition`."""
    column, where = columns.find(args["column"]), args["row_condition"]
    value = restrict_to(parse_row_condition(where), F.col(column))
    return f"{name} of {column!r} where {where!r}", aggregate(value, columns.find_type(column))


def build_non_null_count(args: Arguments, columns: Columns) -> tuple[str, Column]:
    """Return the name and the metric of the number of non-null values."""
    return build_column_metric("count", lambda column, _: F.count(column), args, columns)


def mean(column: Column, column_type: Any) -> Column:
    """Return the mean of a column.

    Raises:
        TypeError: Great Expectations does not take the mean of this type.
    """
    if column_type.simpleString().split("(")[0] not in _MEAN_TYPES:
        # The message of Great Expectations, with its spelling.
        raise TypeError(f"Expected numeric column type for function mean(). Recieved type: {column_type}")
    return F.mean(column)


def sample_stddev(column: Column, column_type: Any) -> Column:
    """Return the sample standard deviation of a column."""
    del column_type
    return F.stddev_samp(column)


def _sum(column: Column, column_type: Any) -> Column:
    return F.sum(column.cast("double") if column_type.simpleString() in SIMPLE_INTEGERS else column)


def _compute_quantiles(column: Column, column_type: Any, levels: list[float]) -> Column:
    """Return the exact quantiles of a column at some levels (0 to 1), without NULL and NaN.

    Raises:
        TypeError: The column is not numeric.
    """
    if column_type.simpleString().split("(")[0] not in (*_MEAN_TYPES, *SIMPLE_INTEGERS):
        raise TypeError(f"Quantiles need a numeric column; this one has type {column_type.simpleString()}.")
    number = column.cast("double")
    return F.percentile_approx(F.when(~F.isnan(number), number), levels, _EXACT_ACCURACY)


def _make_bounded_planner(name: str, aggregate: Aggregate) -> ExpectationPlanner:
    """Return the planner of an expectation that compares one aggregate with bounds."""

    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        metric, column = build_column_metric(name, aggregate, args, columns)
        return MetricPlan(
            metrics={metric: column}, judge=lambda values, _: judge_bounds(values[metric], args)
        )

    return ExpectationPlanner(_ARGUMENTS, plan)


def _plan_median(args: Arguments, columns: Columns) -> MetricPlan:
    """Return the plan of the median: the mean of the two middle values."""
    levels = [0.5, 0.5 + _ABOVE_HALF]
    metric, column = build_column_metric(
        "median", lambda value, column_type: _compute_quantiles(value, column_type, levels), args, columns
    )

    def judge(values: MetricValues, _: list[Any]) -> Verdict:
        middle = values[metric]
        return judge_bounds((middle[0] + middle[1]) / 2 if middle else None, args)

    return MetricPlan(metrics={metric: column}, judge=judge)


def _plan_quantiles(args: Arguments, columns: Columns) -> MetricPlan:
    if args["allow_relative_error"]:
        raise ValueError(
            "SparkDFExecutionEngine requires relative error to be False or to be a float between 0 and 1."
        )
    levels, ranges = args["quantile_ranges"]["quantiles"], args["quantile_ranges"]["value_ranges"]
    metric, column = build_column_metric(
        f"quantiles {levels}",
        lambda value, column_type: _compute_quantiles(value, column_type, list(levels)),
        args,
        columns,
    )

    def judge(values: MetricValues, _: list[Any]) -> Verdict:
        quantiles = values[metric] or [None] * len(levels)
        successes = [_is_in_range(quantiles[index], *bounds) for index, bounds in enumerate(ranges)]
        observed = {"quantiles": levels, "values": quantiles}
        return Verdict(
            all(successes), {"observed_value": observed, "details": {"success_details": successes}}
        )

    return MetricPlan(metrics={metric: column}, judge=judge)


def _is_in_range(value: float | None, minimum: float | None, maximum: float | None) -> bool:
    if value is None:
        return False
    if any(bound is not None and _is_close(value, bound) for bound in (minimum, maximum)):
        return True
    return (minimum is None or minimum <= value) and (maximum is None or value <= maximum)


def _is_close(value: float, bound: float) -> bool:
    tolerance = _ABSOLUTE_TOLERANCE + _RELATIVE_TOLERANCE * abs(bound)
    return value == bound or abs(value - bound) <= tolerance < float("inf")


def _plan_non_null_proportion(args: Arguments, columns: Columns) -> MetricPlan:
    where = args["row_condition"]
    metric, column = build_non_null_count(args, columns)

    def judge(values: MetricValues, _: list[Any]) -> Verdict:
        rows = values[format_row_count_name(where)]
        return judge_bounds(values[metric] / rows if rows else 0, args)

    return MetricPlan(metrics={**build_row_count_metric(where), metric: column}, judge=judge)


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_min_to_be_between": _make_bounded_planner("min", lambda column, _: F.min(column)),
    "expect_column_max_to_be_between": _make_bounded_planner("max", lambda column, _: F.max(column)),
    "expect_column_mean_to_be_between": _make_bounded_planner("mean", mean),
    "expect_column_sum_to_be_between": _make_bounded_planner("sum", _sum),
    "expect_column_stdev_to_be_between": _make_bounded_planner("sample stddev", sample_stddev),
    "expect_column_median_to_be_between": ExpectationPlanner(_ARGUMENTS, _plan_median),
    "expect_column_quantile_values_to_be_between": ExpectationPlanner(
        ("column", "quantile_ranges", "allow_relative_error", *CONDITION_ARGUMENTS), _plan_quantiles
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": ExpectationPlanner(
        _ARGUMENTS, _plan_non_null_proportion
    ),
}
