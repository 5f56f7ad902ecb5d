"""Expectations about outliers: z-scores, the interquartile range, the standard deviation.

Each value is compared with statistics of the whole column, so the statistics are computed first, and the values are
counted in a second job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.column_aggregates import (
    Aggregate,
    build_column_metric,
    build_non_null_count,
    mean,
    sample_stddev,
)
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
from sparkops.checks.expectations.spark_conditions import parse_row_condition, restrict_to
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column

_ARGUMENTS = ("column", "mostly", *CONDITION_ARGUMENTS)
# The condition that a value must meet, given the statistics; None if every value meets it.
Expects = Callable[[MetricValues, "Column"], "Column | None"]


def _plan_z_scores(args: Arguments, columns: Columns) -> MetricPlan:
    """Return the plan of the z-score, (value - mean) / standard deviation, below a threshold."""
    mean_name, mean_column = build_column_metric("mean", mean, args, columns)
    stddev_name, stddev_column = build_column_metric("sample stddev", sample_stddev, args, columns)

    def expects(values: MetricValues, column: Column) -> Column | None:
        if values[mean_name] is None or not values[stddev_name]:
            return None
        z_score = (column - values[mean_name]) / values[stddev_name]
        threshold = args["threshold"]
        is_below: Column = F.abs(z_score) < abs(threshold) if args["double_sided"] else z_score < threshold
        return is_below

    return _plan_two_jobs(args, columns, {mean_name: mean_column, stddev_name: stddev_column}, expects)


def _plan_outliers(args: Arguments, columns: Columns) -> MetricPlan:
    return (
        _plan_iqr_outliers(args, columns) if args["method"] == "iqr" else _plan_stddev_outliers(args, columns)
    )


def _plan_iqr_outliers(args: Arguments, columns: Columns) -> MetricPlan:
    """Return the plan of Tukey's fences: a multiple of the interquartile range below and above the quartiles."""
    statistics = _build_statistics(
        {
            "first quartile": lambda column, _: F.percentile(column, 0.25),
            "third quartile": lambda column, _: F.percentile(column, 0.75),
        },
        args,
        columns,
    )

    def expects(values: MetricValues, column: Column) -> Column | None:
        first_quartile, third_quartile = (_to_finite(values[name]) for name in statistics)
        if first_quartile is None or third_quartile is None:
            return None
        distance = args["multiplier"] * (third_quartile - first_quartile)
        return (column >= F.lit(first_quartile - distance)) & (column <= F.lit(third_quartile + distance))

    return _plan_two_jobs(args, columns, statistics, expects)


def _plan_stddev_outliers(args: Arguments, columns: Columns) -> MetricPlan:
    """Return the plan of a maximum distance from the mean, in standard deviations."""
    statistics = _build_statistics(
        {"mean of any type": lambda column, _: F.mean(column), "sample stddev": sample_stddev}, args, columns
    )

    def expects(values: MetricValues, column: Column) -> Column | None:
        mean_value, stddev = (_to_finite(values[name]) for name in statistics)
        if mean_value is None or stddev is None:
            return None
        distance = args["multiplier"] * stddev
        if distance > 0:
            return F.abs(column - F.lit(mean_value)) < F.lit(distance)
        return column == F.lit(mean_value)

    return _plan_two_jobs(args, columns, statistics, expects)


def _build_statistics(
    aggregates: Mapping[str, Aggregate], args: Arguments, columns: Columns
) -> dict[str, Column]:
    return dict(build_column_metric(name, aggregate, args, columns) for name, aggregate in aggregates.items())


def _to_finite(value: Any) -> float | None:
    """Return a statistic as a number; None if it is NULL or not finite."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(
            "Cannot detect outliers in a non-numerical column: "
            f"the column statistic {value!r} could not be read as a number."
        ) from None
    return number if isfinite(number) else None


def _plan_two_jobs(
    args: Arguments, columns: Columns, statistics: Mapping[str, Column], expects: Expects
) -> MetricPlan:
    """Return the plan that computes the statistics of a column, and then counts the values that they exclude."""
    column, where = columns.find(args["column"]), args["row_condition"]
    count_name, count_column = build_non_null_count(args, columns)
    outliers_name = f"outliers of {column!r} by {args!r}"

    def judge(values: MetricValues, samples: list[Any]) -> Verdict:
        rows, evaluated = values[format_row_count_name(where)], values[count_name]
        unexpected = values.get(outliers_name, 0) if rows else None
        success = not rows or not evaluated or satisfies_mostly(evaluated, unexpected or 0, args["mostly"])
        return Verdict(success, build_map_result(rows, evaluated, unexpected, samples))

    def plan_dependent(values: MetricValues) -> MetricPlan:
        expected = expects(values, F.col(column))
        if expected is None:
            return MetricPlan(judge=judge)
        is_outlier = restrict_to(parse_row_condition(where), F.col(column).isNotNull() & ~expected)
        rows = FailingRows(
            count=outliers_name, condition=is_outlier, fields=(column,), to_sample=get_first_field
        )
        return MetricPlan(judge=judge, metrics={outliers_name: F.count_if(is_outlier)}, failing_rows=rows)

    metrics = {**build_row_count_metric(where), count_name: count_column, **statistics}
    return MetricPlan(judge=judge, metrics=metrics, plan_dependent=plan_dependent)


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_value_z_scores_to_be_less_than": ExpectationPlanner(
        (*_ARGUMENTS, "threshold", "double_sided"), _plan_z_scores, own_job=True
    ),
    "expect_column_values_to_not_be_outliers": ExpectationPlanner(
        (*_ARGUMENTS, "method", "multiplier"), _plan_outliers, own_job=True
    ),
}
