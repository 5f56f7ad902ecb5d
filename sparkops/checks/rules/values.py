"""Expectations about each value of a column: missing, between, in a set, matching, of a length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparkops.checks.asked import SAMPLES, Asked
from sparkops.checks.columns import Columns
from sparkops.checks.rules.rows import column_rule, missing_rule
from sparkops.checks.rules.rule import CONDITIONED, Arguments, Rule
from sparkops.scoring.rules.tree import (
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


def _null(args: Arguments, columns: Columns) -> Asked:
    name = columns.find(args["column"])
    rule = RowRule(fields=(name,), expects=Missing(Field(name)), where=args["row_condition"])
    return missing_rule(rule, args["mostly"], known=None)


def _not_null(args: Arguments, columns: Columns) -> Asked:
    name = columns.find(args["column"])
    rule = RowRule(fields=(name,), expects=Not(Missing(Field(name))), where=args["row_condition"])
    return missing_rule(rule, args["mostly"], known=lambda count: [None] * min(count, SAMPLES))


def _values(expects: Callable[[Arguments, Field, Any], Condition]) -> Callable[[Arguments, Columns], Asked]:
    """Return a rule that judges each value that is not missing.

    Args:
        expects: Turns arguments, the column and its type into the condition.
    """

    def ask(args: Arguments, columns: Columns) -> Asked:
        name = columns.find(args["column"])
        condition = expects(args, Field(name), columns.type_of(name))
        rule = RowRule(
            fields=(name,), expects=condition, unless=Missing(Field(name)), where=args["row_condition"]
        )
        return column_rule(rule, args["mostly"])

    return ask


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
    "expect_column_values_to_be_null": Rule(_COMMON, _null),
    "expect_column_values_to_not_be_null": Rule(_COMMON, _not_null),
    "expect_column_values_to_be_between": Rule((*_COMMON, *_BOUNDS), _values(_between)),
    "expect_column_value_lengths_to_be_between": Rule((*_COMMON, *_BOUNDS), _values(_length)),
    "expect_column_value_lengths_to_equal": Rule(
        (*_COMMON, "value"),
        _values(lambda args, field, _: Compare("==", Length(field), Value(args["value"]))),
    ),
    "expect_column_values_to_be_in_set": Rule(
        (*_COMMON, "value_set"), _values(lambda args, field, _: Among(field, tuple(args["value_set"])))
    ),
    "expect_column_values_to_not_be_in_set": Rule(
        (*_COMMON, "value_set"), _values(lambda args, field, _: Not(Among(field, tuple(args["value_set"]))))
    ),
    "expect_column_values_to_match_regex": Rule(
        (*_COMMON, "regex"), _values(lambda args, field, _: Matches(field, args["regex"]))
    ),
    "expect_column_values_to_not_match_regex": Rule(
        (*_COMMON, "regex"), _values(lambda args, field, _: Not(Matches(field, args["regex"])))
    ),
    "expect_column_values_to_match_regex_list": Rule(
        (*_COMMON, "regex_list", "match_on"), _values(_any_regex)
    ),
    "expect_column_values_to_not_match_regex_list": Rule(
        (*_COMMON, "regex_list"),
        _values(lambda args, field, _: Not(Some(tuple(Matches(field, one) for one in args["regex_list"])))),
    ),
}
