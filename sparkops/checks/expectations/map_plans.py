"""Expectations about rows, judged by counting the rows that break a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.metric_plan import Answers, Asked, Judged, Rows, enough, first, shown
from sparkops.checks.expectations.spark_conditions import broken, inside, kept
from sparkops.scoring.ir.conditions import Field, Missing, Not, RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column


def all_rows(where: str | None) -> dict[str, Column]:
    """Return the measure that counts the rows of a condition."""
    condition = inside(where)
    count = F.count(F.lit(1)) if condition is None else F.count_if(condition)
    return {rows_name(where): count}


def rows_name(where: str | None) -> str:
    """Return the name of the count of a condition's rows."""
    return f"rows where {where!r}"


def judged_rows(rule: RowRule) -> dict[str, Column]:
    """Return the measures that `judged` needs: how many rows a rule looks at, and how many of them it judges."""
    found = all_rows(rule.where)
    condition = kept(rule)
    if isinstance(rule.unless, Missing):
        missing = _not_missing(rule)
        found[f"broken {missing!r}"] = F.count_if(broken(missing))
    elif rule.unless is not None and condition is not None:
        found[_kept_name(rule)] = F.count_if(condition)
    return found


def judged(rule: RowRule, answers: Answers) -> int:
    """Return how many rows a rule judges."""
    rows: int = answers[rows_name(rule.where)]
    if isinstance(rule.unless, Missing):
        return rows - int(answers[f"broken {_not_missing(rule)!r}"])
    return rows if rule.unless is None else int(answers[_kept_name(rule)])


def _not_missing(rule: RowRule) -> RowRule:
    """Return the rule that no value is missing, whose count is that of its own expectation."""
    return RowRule(fields=rule.fields, expects=Not(Missing(Field(rule.fields[0]))), where=rule.where)


def _kept_name(rule: RowRule) -> str:
    return f"rows but {rule.unless!r} where {rule.where!r}"


def column_rule(rule: RowRule, mostly: float) -> Asked:
    """Return what an expectation about each value of a column asks: it judges no missing value."""
    name = f"broken {rule!r}"

    def judge(answers: Answers, samples: list[Any]) -> Judged:
        rows, values = answers[rows_name(rule.where)], judged(rule, answers)
        unexpected = answers[name] if rows else None  # a sum over no rows is NULL
        success = not rows or not values or enough(values, unexpected or 0, mostly)
        return Judged(success, shown(rows, values, unexpected, samples))

    return _asked(rule, name, judge, first)


def missing_rule(rule: RowRule, mostly: float, *, known: Callable[[int], list[Any]] | None) -> Asked:
    """Return what an expectation about missing values asks: it judges every row."""
    name = f"broken {rule!r}"

    def judge(answers: Answers, samples: list[Any]) -> Judged:
        rows = answers[rows_name(rule.where)]
        unexpected = answers[name] if rows else None
        success = not rows or (rows - (unexpected or 0)) / rows >= mostly
        return Judged(success, shown(rows, None, unexpected, samples))

    return _asked(rule, name, judge, first, known=known)


def record_rule(rule: RowRule, mostly: float, show: Callable[[Sequence[Any]], Any]) -> Asked:
    """Return what an expectation about several columns of a row asks."""
    name = f"broken {rule!r}"

    def judge(answers: Answers, samples: list[Any]) -> Judged:
        rows, records = answers[rows_name(rule.where)], judged(rule, answers)
        success = not rows or not records or enough(records, answers[name], mostly)
        return Judged(success, shown(rows, records, answers[name], samples))

    return _asked(rule, name, judge, show)


def _asked(
    rule: RowRule,
    name: str,
    judge: Callable[[Answers, list[Any]], Judged],
    show: Callable[[Sequence[Any]], Any],
    *,
    known: Callable[[int], list[Any]] | None = None,
) -> Asked:
    condition = broken(rule)
    measures: Mapping[str, Column] = {**judged_rows(rule), name: F.count_if(condition)}
    rows = Rows(count=name, condition=condition, fields=rule.fields, show=show, known=known)
    return Asked(judge=judge, measures=measures, rows=rows)
