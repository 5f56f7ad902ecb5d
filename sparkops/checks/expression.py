"""Conditions on rows as columns of Spark; constants become literals, never text of SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.scoring.rules import tree

if TYPE_CHECKING:
    from pyspark.sql import Column

_COMPARE: Mapping[str, Callable[[Any, Any], Column]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def condition(node: tree.Condition) -> Column:
    """Return the condition as a column of true, false and NULL."""
    match node:
        case tree.Every(parts):
            made = reduce(and_, map(condition, parts)) if parts else F.lit(True)
        case tree.Some(parts):
            made = reduce(or_, map(condition, parts)) if parts else F.lit(False)
        case tree.Not(tree.Missing(inner)):
            made = operand(inner).isNotNull()
        case tree.Not(opposite):
            made = ~condition(opposite)
        case _:
            made = _simple(node)
    return made


def _simple(node: tree.Compare | tree.Same | tree.Among | tree.Missing | tree.Matches) -> Column:
    match node:
        case tree.Compare(op, left, right):
            made = _COMPARE[op](operand(left), operand(right))
        case tree.Same(left, right):
            made = operand(left).eqNullSafe(operand(right))
        case tree.Among(inner, values):
            made = operand(inner).isin(list(values))
        case tree.Missing(inner):
            made = operand(inner).isNull()
        case tree.Matches(inner, regex):
            made = operand(inner).rlike(regex)
    return made


def operand(node: tree.Operand) -> Column:
    """Return the operand as a column."""
    match node:
        case tree.Field(name):
            return F.col(name)
        case tree.Value(value):
            return F.lit(value)
        case tree.Length(inner):
            return F.length(operand(inner))
        case tree.Total(parts, whole):
            counted = [_counted(part, is_whole=is_whole) for part, is_whole in zip(parts, whole, strict=True)]
            return reduce(add, counted)


def _counted(part: tree.Operand, *, is_whole: bool) -> Column:
    value = F.coalesce(operand(part), F.lit(0))
    return value.cast("decimal(38,0)") if is_whole else value


def inside(where: str | None) -> Column | None:
    """Return the rows that an author's `row_condition` keeps: Spark SQL, as it is written."""
    return None if where is None else F.expr(where)


def within(where: Column | None, value: Column) -> Column:
    """Return a value for the rows of a condition, NULL for others, where it is not even computed."""
    return value if where is None else F.when(where, value)


def broken(rule: tree.RowRule) -> Column:
    """Return the rows that break a rule: true for them, false or NULL for others."""
    fails = condition(
        rule.expects.condition if isinstance(rule.expects, tree.Not) else tree.Not(rule.expects)
    )
    if rule.unless is not None and not (
        isinstance(rule.unless, tree.Missing) and _is_unknown_without(rule.expects)
    ):
        fails = condition(tree.Not(rule.unless)) & fails
    return within(inside(rule.where), fails)


def _is_unknown_without(expects: tree.Condition) -> bool:
    """Tell whether a condition on one column is NULL where its value is missing, so that nobody need ask for that."""
    match expects:
        case tree.Compare() | tree.Among() | tree.Matches():
            return True
        case tree.Every(parts) | tree.Some(parts):
            return bool(parts) and all(map(_is_unknown_without, parts))
        case tree.Not(inner):
            return _is_unknown_without(inner)
        case _:
            return False


def kept(rule: tree.RowRule) -> Column | None:
    """Return the rows that a rule judges; None when it judges all."""
    where = inside(rule.where)
    if rule.unless is None:
        return where
    return within(where, condition(tree.Not(rule.unless)))
