"""Expectations about one aggregate of a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.bounds import BOUNDS, between
from sparkops.checks.expectations.map_plans import all_rows, rows_name
from sparkops.checks.expectations.metric_plan import Answers, Asked, Judged
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.expectations.spark_conditions import inside, within
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column

_TAKES = ("column", *BOUNDS, *CONDITIONED)
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_MEANS = ("int", "bigint", "float", "double", "decimal")
# As exact as `approxQuantile` with an error of 0: below this many rows no two values are merged.
_EXACT = 2**31 - 1
_NEXT = 1e-10  # beyond the half, and less than half a row of any frame that is exact


def mean(column: Column, kind: Any) -> Column:
    """Return the mean of a column.

    Raises:
        TypeError: It is of no type that Great Expectations takes the mean of.
    """
    if kind.simpleString().split("(")[0] not in _MEANS:
        raise TypeError(f"Expected numeric column type for function mean(). Recieved type: {kind}")
    return F.mean(column)


def deviation(column: Column, kind: Any) -> Column:
    """Return the sample standard deviation of a column."""
    del kind
    return F.stddev_samp(column)


def _sum(column: Column, kind: Any) -> Column:
    return F.sum(column.cast("double") if kind.simpleString() in _WHOLE else column)


def ordered(column: Column, kind: Any, shares: list[float]) -> Column:
    """Return the values of a column that stand at these shares of its order, neither missing nor NaN among them.

    Raises:
        TypeError: It is not a column of numbers.
    """
    if kind.simpleString().split("(")[0] not in (*_MEANS, *_WHOLE):
        raise TypeError(f"Quantiles are of numbers; the column holds {kind.simpleString()}.")
    number = column.cast("double")
    return F.percentile_approx(F.when(~F.isnan(number), number), shares, _EXACT)


def aggregate(name: str, build: Callable[[Column, Any], Column], args: Arguments, columns: Columns) -> Any:
    """Return the name and the measure of an aggregate of the column that the arguments name."""
    found, where = columns.find(args["column"]), args["row_condition"]
    value = within(inside(where), F.col(found))
    return f"{name} of {found!r} where {where!r}", build(value, columns.type_of(found))


def _one(name: str, build: Callable[[Column, Any], Column]) -> Rule:
    """Return a rule that compares one aggregate with its bounds."""

    def ask(args: Arguments, columns: Columns) -> Asked:
        key, measure = aggregate(name, build, args, columns)
        return Asked(measures={key: measure}, judge=lambda answers, _: between(answers[key], args))

    return Rule(_TAKES, ask)


def _median(args: Arguments, columns: Columns) -> Asked:
    key, measure = aggregate(
        "middle", lambda column, kind: ordered(column, kind, [0.5, 0.5 + _NEXT]), args, columns
    )

    def judge(answers: Answers, _: list[Any]) -> Judged:
        middle = answers[key]
        return between((middle[0] + middle[1]) / 2 if middle else None, args)

    return Asked(measures={key: measure}, judge=judge)


def _quantiles(args: Arguments, columns: Columns) -> Asked:
    if args["allow_relative_error"]:
        raise ValueError(
            "SparkDFExecutionEngine requires relative error to be False or to be a float between 0 and 1."
        )
    shares, ranges = args["quantile_ranges"]["quantiles"], args["quantile_ranges"]["value_ranges"]
    name = f"order at {shares}"
    key, measure = aggregate(name, lambda column, kind: ordered(column, kind, list(shares)), args, columns)

    def judge(answers: Answers, _: list[Any]) -> Judged:
        values = answers[key] or [None] * len(shares)
        held = [_in_range(values[index], *bounds) for index, bounds in enumerate(ranges)]
        observed = {"quantiles": shares, "values": values}
        return Judged(all(held), {"observed_value": observed, "details": {"success_details": held}})

    return Asked(measures={key: measure}, judge=judge)


def _in_range(value: float | None, least: float | None, most: float | None) -> bool:
    if value is None:
        return False
    if (least is not None and _is_close(value, least)) or (most is not None and _is_close(value, most)):
        return True
    return (least is None or least <= value) and (most is None or value <= most)


def _is_close(value: float, bound: float) -> bool:
    return value == bound or abs(value - bound) <= 1e-8 + 1e-4 * abs(bound) < float("inf")


def _filled(args: Arguments, columns: Columns) -> Asked:
    """Return what the share of values that are not missing asks."""
    where = args["row_condition"]
    key, measure = aggregate("count", lambda column, _: F.count(column), args, columns)

    def judge(answers: Answers, _: list[Any]) -> Judged:
        rows = answers[rows_name(where)]
        return between(answers[key] / rows if rows else 0, args)

    return Asked(measures={**all_rows(where), key: measure}, judge=judge)


RULES: Mapping[str, Rule] = {
    "expect_column_min_to_be_between": _one("min", lambda column, _: F.min(column)),
    "expect_column_max_to_be_between": _one("max", lambda column, _: F.max(column)),
    "expect_column_mean_to_be_between": _one("mean", mean),
    "expect_column_sum_to_be_between": _one("sum", _sum),
    "expect_column_stdev_to_be_between": _one("deviation", deviation),
    "expect_column_median_to_be_between": Rule(_TAKES, _median),
    "expect_column_quantile_values_to_be_between": Rule(
        ("column", "quantile_ranges", "allow_relative_error", *CONDITIONED), _quantiles
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": Rule(_TAKES, _filled),
}
