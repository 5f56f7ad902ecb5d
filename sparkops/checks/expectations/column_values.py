"""Expectations about each value of a column: missing, between, in a set, matching, of a length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparkops.checks.expectations.map_plans import column_rule, missing_rule
from sparkops.checks.expectations.metric_plan import SAMPLES, Asked
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import (
    Among,
    Compare,
    Comparison,
    Condition,
    Every,
    Field,
    Length,
    Matches,
    Missing,
    Not,
    Operand,
    RowRule,
    Some,
    Value,
)

# The beginnings of Spark's types that cannot be compared with numbers or dates.
_NOT_COMPARABLE = ("VARCHAR", "CHAR", "STRING", "BOOLEAN")
_COMMON = ("column", "mostly", *CONDITIONED)
_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


def _missing(expects: Callable[[Field], Condition], known: Callable[[int], list[Any]] | None) -> Rule:
    """Return a rule that judges whether values are missing."""

    def row(args: Arguments, columns: Columns) -> RowRule:
        name = columns.find(args["column"])
        return RowRule(fields=(name,), expects=expects(Field(name)), where=args["row_condition"])

    def ask(args: Arguments, columns: Columns) -> Asked:
        return missing_rule(row(args, columns), args["mostly"], known=known)

    return Rule(_COMMON, ask, row=row)


def _values(takes: tuple[str, ...], expects: Callable[[Arguments, Field, Any], Condition]) -> Rule:
    """Return a rule that judges each value that is not missing.

    Args:
        takes: Arguments besides those that all have.
        expects: Turns arguments, the column and its type into the condition.
    """

    def row(args: Arguments, columns: Columns) -> RowRule:
        name = columns.find(args["column"])
        condition = expects(args, Field(name), columns.type_of(name))
        return RowRule(
            fields=(name,), expects=condition, unless=Missing(Field(name)), where=args["row_condition"]
        )

    def ask(args: Arguments, columns: Columns) -> Asked:
        return column_rule(row(args, columns), args["mostly"])

    return Rule((*_COMMON, *takes), ask, row=row)


def _between(args: Arguments, field: Field, kind: Any) -> Condition:
    least, most = args["min_value"], args["max_value"]
    if least is not None and most is not None and least > most:
        raise ValueError("min_value cannot be greater than max_value")
    bounds = [bound for bound in (least, most) if bound is not None]
    if not all(isinstance(bound, str) for bound in bounds) and str(kind).upper().startswith(_NOT_COMPARABLE):
        raise ValueError(f"ColumnValuesBetween metrics cannot be computed on column of type {kind}.")
    return _bounded(args, field)


def _length(args: Arguments, field: Field, kind: Any) -> Condition:
    del kind
    bounds = [bound for bound in (args["min_value"], args["max_value"]) if bound is not None]
    if not all(float(bound).is_integer() for bound in bounds):
        raise ValueError("min_value and max_value must be integers")
    return _bounded(args, Length(field))


def _bounded(args: Arguments, operand: Operand) -> Condition:
    above: Comparison = ">" if args["strict_min"] else ">="
    below: Comparison = "<" if args["strict_max"] else "<="
    sides: list[Condition] = []
    if args["min_value"] is not None:
        sides.append(Compare(above, operand, Value(args["min_value"])))
    if args["max_value"] is not None:
        sides.append(Compare(below, operand, Value(args["max_value"])))
    if not sides:
        raise ValueError("min_value and max_value cannot both be None")
    return sides[0] if len(sides) == 1 else Every(tuple(sides))


def _any_regex(args: Arguments, field: Field, kind: Any) -> Condition:
    del kind
    regexes = args["regex_list"]
    if args["match_on"] == "any":
        return Matches(field, "|".join(regexes))
    return Every(tuple(Matches(field, regex) for regex in regexes))


RULES: Mapping[str, Rule] = {
    "expect_column_values_to_be_null": _missing(Missing, None),
    "expect_column_values_to_not_be_null": _missing(
        lambda field: Not(Missing(field)), lambda count: [None] * min(count, SAMPLES)
    ),
    "expect_column_values_to_be_between": _values(_BOUNDS, _between),
    "expect_column_value_lengths_to_be_between": _values(_BOUNDS, _length),
    "expect_column_value_lengths_to_equal": _values(
        ("value",), lambda args, field, _: Compare("==", Length(field), Value(args["value"]))
    ),
    "expect_column_values_to_be_in_set": _values(
        ("value_set",), lambda args, field, _: Among(field, tuple(args["value_set"]))
    ),
    "expect_column_values_to_not_be_in_set": _values(
        ("value_set",), lambda args, field, _: Not(Among(field, tuple(args["value_set"])))
    ),
    "expect_column_values_to_match_regex": _values(
        ("regex",), lambda args, field, _: Matches(field, args["regex"])
    ),
    "expect_column_values_to_not_match_regex": _values(
        ("regex",), lambda args, field, _: Not(Matches(field, args["regex"]))
    ),
    "expect_column_values_to_match_regex_list": _values(("regex_list", "match_on"), _any_regex),
    "expect_column_values_to_not_match_regex_list": _values(
        ("regex_list",),
        lambda args, field, _: Not(Some(tuple(Matches(field, one) for one in args["regex_list"]))),
    ),
}
