"""Plans of map expectations, which are judged by the number of rows that fail, and their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.metric_plan import FailingRows, MetricPlan, MetricValues, Verdict
from sparkops.checks.expectations.spark_conditions import (
    parse_row_condition,
    to_evaluated_condition,
    to_violation,
)
from sparkops.scoring.ir.conditions import ColumnRef, IsNull, Not, RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column

Judge = Callable[[MetricValues, list[Any]], Verdict]


def plan_column_map(rule: RowRule, mostly: float) -> MetricPlan:
    """Return the plan of an expectation about each non-null value of a column."""
    name = _format_violations_name(rule)

    def judge(values: MetricValues, samples: list[Any]) -> Verdict:
        rows, evaluated = values[format_row_count_name(rule.where)], find_evaluated_count(rule, values)
        # A sum over no rows is NULL.
        unexpected = values[name] if rows else None
        success = not rows or not evaluated or satisfies_mostly(evaluated, unexpected or 0, mostly)
        return Verdict(success, build_map_result(rows, evaluated, unexpected, samples))

    return _build_plan(rule, judge, get_first_field)


def plan_null_map(
    rule: RowRule, mostly: float, *, known_samples: Callable[[int], list[Any]] | None
) -> MetricPlan:
    """Return the plan of an expectation about NULL values, which evaluates every row.

    Args:
        rule: The rule.
        mostly: Minimum share of rows that pass, 0 to 1.
        known_samples: Returns the samples for a number of failing rows, where their values are known without reading
            them.
    """
    name = _format_violations_name(rule)

    def judge(values: MetricValues, samples: list[Any]) -> Verdict:
        rows = values[format_row_count_name(rule.where)]
        unexpected = values[name] if rows else None
        success = not rows or (rows - (unexpected or 0)) / rows >= mostly
        return Verdict(success, build_map_result(rows, None, unexpected, samples))

    return _build_plan(rule, judge, get_first_field, known_samples=known_samples)


def plan_multicolumn_map(
    rule: RowRule, mostly: float, to_sample: Callable[[Sequence[Any]], Any]
) -> MetricPlan:
    """Return the plan of an expectation about several columns of each row."""
    name = _format_violations_name(rule)

    def judge(values: MetricValues, samples: list[Any]) -> Verdict:
        rows, evaluated = values[format_row_count_name(rule.where)], find_evaluated_count(rule, values)
        success = not rows or not evaluated or satisfies_mostly(evaluated, values[name], mostly)
        return Verdict(success, build_map_result(rows, evaluated, values[name], samples))

    return _build_plan(rule, judge, to_sample)


def _build_plan(
    rule: RowRule,
    judge: Judge,
    to_sample: Callable[[Sequence[Any]], Any],
    *,
    known_samples: Callable[[int], list[Any]] | None = None,
) -> MetricPlan:
    name, condition = _format_violations_name(rule), to_violation(rule)
    failing_rows = FailingRows(
        count=name,
        condition=condition,
        fields=rule.fields,
        to_sample=to_sample,
        known_samples=known_samples,
    )
    metrics: Mapping[str, Column] = {**build_evaluated_count_metrics(rule), name: F.count_if(condition)}
    return MetricPlan(judge=judge, metrics=metrics, failing_rows=failing_rows)


def build_row_count_metric(row_condition: str | None) -> dict[str, Column]:
    """Return the metric that counts the rows of a row condition."""
    condition = parse_row_condition(row_condition)
    count = F.count(F.lit(1)) if condition is None else F.count_if(condition)
    return {format_row_count_name(row_condition): count}


def format_row_count_name(row_condition: str | None) -> str:
    """Return the name of the metric that counts the rows of a row condition."""
    return f"rows where {row_condition!r}"


def build_evaluated_count_metrics(rule: RowRule) -> dict[str, Column]:
    """Return the metrics that `find_evaluated_count` needs."""
    metrics = build_row_count_metric(rule.where)
    condition = to_evaluated_condition(rule)
    if isinstance(rule.unless, IsNull):
        not_null = _to_not_null_rule(rule)
        metrics[_format_violations_name(not_null)] = F.count_if(to_violation(not_null))
    elif rule.unless is not None and condition is not None:
        metrics[_format_evaluated_name(rule)] = F.count_if(condition)
    return metrics


def find_evaluated_count(rule: RowRule, values: MetricValues) -> int:
    """Return how many rows a rule evaluates."""
    rows: int = values[format_row_count_name(rule.where)]
    if isinstance(rule.unless, IsNull):
        return rows - int(values[_format_violations_name(_to_not_null_rule(rule))])
    return rows if rule.unless is None else int(values[_format_evaluated_name(rule)])


def _to_not_null_rule(rule: RowRule) -> RowRule:
    """Return the rule of `expect_column_values_to_not_be_null`, so that both expectations share one metric."""
    return RowRule(fields=rule.fields, expects=Not(IsNull(ColumnRef(rule.fields[0]))), where=rule.where)


def _format_violations_name(rule: RowRule) -> str:
    return f"violations of {rule!r}"


def _format_evaluated_name(rule: RowRule) -> str:
    return f"rows but {rule.unless!r} where {rule.where!r}"


def get_first_field(values: Sequence[Any]) -> Any:
    """Return a row with one field as that field's value."""
    return values[0]


def satisfies_mostly(evaluated: int, unexpected: int, mostly: float) -> bool:
    """Return whether the share of rows that pass is at least `mostly`."""
    total = float(evaluated)
    return (total - float(unexpected)) / total >= mostly


def build_map_result(
    rows: int, evaluated: int | None, unexpected: int | None, samples: list[Any]
) -> dict[str, Any]:
    """Return the result of a map expectation at result format BASIC.

    Args:
        rows: Rows of the row condition.
        evaluated: Rows that the expectation evaluates; None for one about NULL values.
        unexpected: Rows that fail; None if there are no rows.
        samples: Values of some of them.
    """
    percent_of_rows = unexpected / rows * 100 if unexpected is not None and rows else None
    percent = percent_of_rows
    if evaluated is not None and percent_of_rows is not None and unexpected is not None:
        percent = unexpected / evaluated * 100 if evaluated else None
    result: dict[str, Any] = {
        "element_count": rows,
        "unexpected_count": unexpected,
        "unexpected_percent": percent,
        "partial_unexpected_list": samples,
    }
    if evaluated is not None:
        missing = rows - evaluated
        result |= {
            "missing_count": missing,
            "missing_percent": None if percent_of_rows is None else missing / rows * 100,
            "unexpected_percent_total": percent_of_rows,
            "unexpected_percent_nonmissing": percent,
        }
    return result
