"""Expectations about several columns of one row: pairs and more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from sparkops.checks.expectations.map_plans import record_rule
from sparkops.checks.expectations.metric_plan import Asked
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import (
    Compare,
    Condition,
    Every,
    Field,
    Missing,
    Not,
    RowRule,
    Same,
    Some,
    Total,
    Value,
)

_PAIR = ("column_A", "column_B", "mostly", "ignore_row_if", *CONDITIONED)
_MANY = ("column_list", "mostly", "ignore_row_if", *CONDITIONED)
_WHOLE = ("tinyint", "smallint", "int", "bigint")


def ignored(fields: Sequence[Field], ignore_row_if: str) -> Condition | None:
    """Return the rows that an expectation about several columns does not judge."""
    missing = tuple(Missing(field) for field in fields)
    if ignore_row_if in ("both_values_are_missing", "all_values_are_missing"):
        return Every(missing)
    if ignore_row_if in ("either_value_is_missing", "any_value_is_missing"):
        return Some(missing)
    if ignore_row_if in ("neither", "never"):
        return None
    raise ValueError(f'Unrecognized value of ignore_row_if ("{ignore_row_if}").')


def _pairs(takes: tuple[str, ...], expects: Callable[[Arguments, Field, Field], Condition]) -> Rule:
    def row(args: Arguments, columns: Columns) -> RowRule:
        fields = [Field(columns.find(args[side])) for side in ("column_A", "column_B")]
        return RowRule(
            fields=tuple(field.name for field in fields),
            expects=expects(args, *fields),
            unless=ignored(fields, args["ignore_row_if"]),
            where=args.get("row_condition"),
        )

    def ask(args: Arguments, columns: Columns) -> Asked:
        return record_rule(row(args, columns), args["mostly"], tuple)

    return Rule(takes, ask, row=row)


def _many(
    takes: tuple[str, ...], expects: Callable[[Arguments, Sequence[Field], Columns], Condition]
) -> Rule:
    def row(args: Arguments, columns: Columns) -> RowRule:
        fields = [Field(columns.find(name)) for name in args["column_list"]]
        return RowRule(
            fields=tuple(field.name for field in fields),
            expects=expects(args, fields, columns),
            unless=ignored(fields, args["ignore_row_if"]),
            where=args["row_condition"],
        )

    def ask(args: Arguments, columns: Columns) -> Asked:
        rule = row(args, columns)
        return record_rule(rule, args["mostly"], as_record(rule.fields))

    return Rule(takes, ask, row=row)


def as_record(names: Sequence[str]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Return what shows a row by the names of its fields."""
    return lambda values: dict(zip(names, values, strict=True))


def _greater(args: Arguments, left: Field, right: Field) -> Condition:
    if args["or_equal"]:
        return Some((Compare(">=", left, right), Same(left, right)))
    return Compare(">", left, right)


def _in_set(args: Arguments, left: Field, right: Field) -> Condition:
    pairs = tuple(Every((Same(left, Value(a)), Same(right, Value(b)))) for a, b in args["value_pairs_set"])
    if not pairs:
        raise ValueError("`value_pairs_set` holds no pair.")
    return Some(pairs)


def _sum(args: Arguments, fields: Sequence[Field], columns: Columns) -> Condition:
    whole = tuple(columns.type_of(field.name).simpleString() in _WHOLE for field in fields)
    return Compare("==", Total(tuple(fields), whole), Value(args["sum_total"]))


def _all_equal(args: Arguments, fields: Sequence[Field], columns: Columns) -> Condition:
    del args, columns
    return Every(tuple(Same(fields[0], other) for other in fields[1:]))


def _all_differ(args: Arguments, fields: Sequence[Field], columns: Columns) -> Condition:
    del args, columns
    return Not(Some(tuple(Same(left, right) for left, right in combinations(fields, 2))))


RULES: Mapping[str, Rule] = {
    "expect_column_pair_values_to_be_equal": _pairs(_PAIR, lambda _, left, right: Same(left, right)),
    "expect_column_pair_values_a_to_be_greater_than_b": _pairs((*_PAIR, "or_equal"), _greater),
    # Great Expectations looks at no `row_condition` here; with one, it judges itself.
    "expect_column_pair_values_to_be_in_set": _pairs((*_PAIR[:4], "value_pairs_set"), _in_set),
    "expect_multicolumn_sum_to_equal": _many((*_MANY, "sum_total"), _sum),
    "expect_multicolumn_values_to_be_equal": _many(_MANY, _all_equal),
    "expect_select_column_values_to_be_unique_within_record": _many(_MANY, _all_differ),
}
