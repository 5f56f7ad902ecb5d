"""Expectations that judge each value by what the whole column looks like: asked first for that, then for the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.column_aggregates import aggregate, deviation, mean
from sparkops.checks.expectations.map_plans import all_rows, rows_name
from sparkops.checks.expectations.metric_plan import Answers, Asked, Judged, Rows, enough, first, shown
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.expectations.spark_conditions import inside, within
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column

_COMMON = ("column", "mostly", *CONDITIONED)


def _z_scores(args: Arguments, columns: Columns) -> Asked:
    middle, spread = (
        aggregate("mean", mean, args, columns),
        aggregate("deviation", deviation, args, columns),
    )

    def expects(answers: Answers, column: Column) -> Column | None:
        if answers[middle[0]] is None or not answers[spread[0]]:
            return None
        score, limit = (column - answers[middle[0]]) / answers[spread[0]], args["threshold"]
        within_limit: Column = F.abs(score) < abs(limit) if args["double_sided"] else score < limit
        return within_limit

    return _two_steps(args, columns, dict([middle, spread]), expects)


def _outliers(args: Arguments, columns: Columns) -> Asked:
    multiplier = args["multiplier"]
    by_quartiles = args["method"] == "iqr"
    builds: list[tuple[str, Callable[[Column, Any], Column]]] = (
        [
            ("quarter", lambda column, _: F.percentile(column, 0.25)),
            ("three quarters", lambda column, _: F.percentile(column, 0.75)),
        ]
        if by_quartiles
        else [("any mean", lambda column, _: F.mean(column)), ("deviation", deviation)]
    )
    measures = dict(aggregate(name, build, args, columns) for name, build in builds)

    def expects(answers: Answers, column: Column) -> Column | None:
        low, high = (_finite(answers[name]) for name in measures)
        if low is None or high is None:
            return None
        if by_quartiles:
            reach = multiplier * (high - low)
            return (column >= F.lit(low - reach)) & (column <= F.lit(high + reach))
        reach = multiplier * high
        return F.abs(column - F.lit(low)) < F.lit(reach) if reach > 0 else column == F.lit(low)

    return _two_steps(args, columns, measures, expects)


def _finite(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"Cannot detect outliers in a non-numerical column: the column statistic {value!r} could not be read as a number."
        ) from None
    return number if isfinite(number) else None


def _two_steps(
    args: Arguments,
    columns: Columns,
    measures: Mapping[str, Column],
    expects: Callable[[Answers, Column], Column | None],
) -> Asked:
    """Return what asks for the column's aggregates, then for the values that break what they say.

    Args:
        args: The expectation's arguments.
        columns: The frame's columns.
        measures: What is asked first.
        expects: What a value must meet; None where every value does.
    """
    found, where = columns.find(args["column"]), args["row_condition"]
    filled, count = aggregate("count", lambda column, _: F.count(column), args, columns)
    name = f"values of {found!r} far off by {args!r}"

    def judge(answers: Answers, samples: list[Any]) -> Judged:
        rows, judged = answers[rows_name(where)], answers[filled]
        unexpected = answers.get(name, 0) if rows else None
        success = not rows or not judged or enough(judged, unexpected or 0, args["mostly"])
        return Judged(success, shown(rows, judged, unexpected, samples))

    def rest(answers: Answers) -> Asked:
        wanted = expects(answers, F.col(found))
        if wanted is None:
            return Asked(judge=judge)
        condition = within(inside(where), F.col(found).isNotNull() & ~wanted)
        rows = Rows(count=name, condition=condition, fields=(found,), show=first)
        return Asked(judge=judge, measures={name: F.count_if(condition)}, rows=rows)

    return Asked(judge=judge, measures={**all_rows(where), filled: count, **measures}, rest=rest)


RULES: Mapping[str, Rule] = {
    "expect_column_value_z_scores_to_be_less_than": Rule(
        (*_COMMON, "threshold", "double_sided"), _z_scores, own_job=True
    ),
    "expect_column_values_to_not_be_outliers": Rule(
        (*_COMMON, "method", "multiplier"), _outliers, own_job=True
    ),
}
