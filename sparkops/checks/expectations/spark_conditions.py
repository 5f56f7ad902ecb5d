"""Conditions on rows as columns of Spark; constants become literals, never text of SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.scoring.ir import conditions

if TYPE_CHECKING:
    from pyspark.sql import Column

_COMPARE: Mapping[str, Callable[[Any, Any], Column]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def condition(node: conditions.Condition) -> Column:
    """Return the condition as a column of true, false and NULL."""
    match node:
        case conditions.Every(parts):
            made = reduce(and_, map(condition, parts)) if parts else F.lit(True)
        case conditions.Some(parts):
            made = reduce(or_, map(condition, parts)) if parts else F.lit(False)
        case conditions.Not(conditions.Missing(inner)):
            made = operand(inner).isNotNull()
        case conditions.Not(opposite):
            made = ~condition(opposite)
        case _:
            made = _simple(node)
    return made


def _simple(
    node: conditions.Compare | conditions.Same | conditions.Among | conditions.Missing | conditions.Matches,
) -> Column:
    match node:
        case conditions.Compare(op, left, right):
            made = _COMPARE[op](operand(left), operand(right))
        case conditions.Same(left, right):
            made = operand(left).eqNullSafe(operand(right))
        case conditions.Among(inner, values):
            made = operand(inner).isin(list(values))
        case conditions.Missing(inner):
            made = operand(inner).isNull()
        case conditions.Matches(inner, regex):
            made = operand(inner).rlike(regex)
    return made


def operand(node: conditions.Operand) -> Column:
    """Return the operand as a column."""
    match node:
        case conditions.Field(name):
            return F.col(name)
        case conditions.Value(value):
            return F.lit(value)
        case conditions.Length(inner):
            return F.length(operand(inner))
        case conditions.Total(parts, whole):
            counted = [_counted(part, is_whole=is_whole) for part, is_whole in zip(parts, whole, strict=True)]
            return reduce(add, counted)


def _counted(part: conditions.Operand, *, is_whole: bool) -> Column:
    value = F.coalesce(operand(part), F.lit(0))
    return value.cast("decimal(38,0)") if is_whole else value


def inside(where: str | None) -> Column | None:
    """Return the rows that an author's `row_condition` keeps: Spark SQL, as it is written."""
    return None if where is None else F.expr(where)


def within(where: Column | None, value: Column) -> Column:
    """Return a value for the rows of a condition, NULL for others, where it is not even computed."""
    return value if where is None else F.when(where, value)


def broken(rule: conditions.RowRule) -> Column:
    """Return the rows that break a rule: true for them, false or NULL for others."""
    fails = condition(
        rule.expects.condition if isinstance(rule.expects, conditions.Not) else conditions.Not(rule.expects)
    )
    if rule.unless is not None and not (
        isinstance(rule.unless, conditions.Missing) and _is_unknown_without(rule.expects)
    ):
        fails = condition(conditions.Not(rule.unless)) & fails
    return within(inside(rule.where), fails)


def _is_unknown_without(expects: conditions.Condition) -> bool:
    """Tell whether a condition on one column is NULL where its value is missing, so that nobody need ask for that."""
    match expects:
        case conditions.Compare() | conditions.Among() | conditions.Matches():
            return True
        case conditions.Every(parts) | conditions.Some(parts):
            return bool(parts) and all(map(_is_unknown_without, parts))
        case conditions.Not(inner):
            return _is_unknown_without(inner)
        case _:
            return False


def kept(rule: conditions.RowRule) -> Column | None:
    """Return the rows that a rule judges; None when it judges all."""
    where = inside(rule.where)
    if rule.unless is None:
        return where
    return within(where, condition(conditions.Not(rule.unless)))
