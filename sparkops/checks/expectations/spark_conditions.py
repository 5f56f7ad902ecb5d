"""Translate conditions and rules about rows to Spark columns. Constants become literals, never SQL text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.scoring.ir import conditions

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_COMPARE: Mapping[str, Callable[[Any, Any], Column]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def to_condition(node: conditions.Condition) -> Column:
    """Return a condition as a boolean column, NULL where SQL's three-valued logic gives NULL."""
    match node:
        case conditions.And(parts):
            column = reduce(and_, map(to_condition, parts)) if parts else F.lit(True)
        case conditions.Or(parts):
            column = reduce(or_, map(to_condition, parts)) if parts else F.lit(False)
        case conditions.Not(conditions.IsNull(inner)):
            column = to_operand(inner).isNotNull()
        case conditions.Not(opposite):
            column = ~to_condition(opposite)
        case _:
            column = _to_simple_condition(node)
    return column


def _to_simple_condition(
    node: conditions.Compare
    | conditions.NullSafeEqual
    | conditions.IsIn
    | conditions.IsNull
    | conditions.Matches,
) -> Column:
    match node:
        case conditions.Compare(op, left, right):
            column = _COMPARE[op](to_operand(left), to_operand(right))
        case conditions.NullSafeEqual(left, right):
            column = to_operand(left).eqNullSafe(to_operand(right))
        case conditions.IsIn(inner, values):
            column = to_operand(inner).isin([to_literal(value) for value in values])
        case conditions.IsNull(inner):
            column = to_operand(inner).isNull()
        case conditions.Matches(inner, regex):
            column = to_operand(inner).rlike(regex)
    return column


def to_literal(value: Any) -> Column:
    """Return a constant as a column; a time without a zone is in the session's time zone, as in SQL text."""
    if isinstance(value, datetime):
        # pyspark would use the time zone of this process.
        return F.lit(value.isoformat(sep=" ")).cast("timestamp")
    return F.lit(value)


def to_operand(node: conditions.Operand) -> Column:
    """Return an operand of a condition as a column."""
    match node:
        case conditions.ColumnRef(name):
            return F.col(name)
        case conditions.Constant(value):
            return to_literal(value)
        case conditions.Length(inner):
            return F.length(to_operand(inner))
        case conditions.Sum(parts, is_integer):
            summands = [
                _to_summand(part, is_integer=flag) for part, flag in zip(parts, is_integer, strict=True)
            ]
            return reduce(add, summands)


def _to_summand(part: conditions.Operand, *, is_integer: bool) -> Column:
    value = F.coalesce(to_operand(part), F.lit(0))
    return value.cast("decimal(38,0)") if is_integer else value


def parse_row_condition(row_condition: str | None) -> Column | None:
    """Return an expectation's `row_condition`, which is Spark SQL, as a column."""
    return None if row_condition is None else F.expr(row_condition)


def restrict_to(row_filter: Column | None, value: Column) -> Column:
    """Return a value for the rows of a filter, NULL for other rows, for which it is not evaluated."""
    return value if row_filter is None else F.when(row_filter, value)


def to_violation(rule: conditions.RowRule) -> Column:
    """Return the condition of the rows that violate a rule: true for them, false or NULL for other rows."""
    violated = to_condition(
        rule.expects.condition if isinstance(rule.expects, conditions.Not) else conditions.Not(rule.expects)
    )
    if rule.unless is not None and not (
        isinstance(rule.unless, conditions.IsNull) and _is_null_if_missing(rule.expects)
    ):
        violated = to_condition(conditions.Not(rule.unless)) & violated
    return restrict_to(parse_row_condition(rule.where), violated)


def _is_null_if_missing(expects: conditions.Condition) -> bool:
    """Return whether a condition on one column is NULL if the value is NULL, so that no test for NULL is needed."""
    match expects:
        case conditions.Compare() | conditions.IsIn() | conditions.Matches():
            return True
        case conditions.And(parts) | conditions.Or(parts):
            return bool(parts) and all(map(_is_null_if_missing, parts))
        case conditions.Not(inner):
            return _is_null_if_missing(inner)
        case _:
            return False


def to_evaluated_condition(rule: conditions.RowRule) -> Column | None:
    """Return the condition of the rows that a rule evaluates; None if it evaluates all."""
    where = parse_row_condition(rule.where)
    if rule.unless is None:
        return where
    return restrict_to(where, to_condition(conditions.Not(rule.unless)))


def filter_evaluated(frame: DataFrame, rule: conditions.RowRule) -> DataFrame:
    """Return the rows of a frame that a rule evaluates."""
    where = parse_row_condition(rule.where)
    rows = frame if where is None else frame.where(where)
    return rows if rule.unless is None else rows.where(to_condition(conditions.Not(rule.unless)))
