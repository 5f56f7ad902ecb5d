"""Column pair and multicolumn map expectations: several columns of each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from sparkops.checks.expectations.map_plans import plan_multicolumn_map
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    MetricPlan,
)
from sparkops.checks.suite.schema_columns import Columns
from sparkops.core.type_names import SIMPLE_INTEGERS
from sparkops.scoring.ir.conditions import (
    And,
    ColumnRef,
    Compare,
    Condition,
    Constant,
    IsNull,
    Not,
    NullSafeEqual,
    Or,
    RowRule,
    Sum,
)

_PAIR_ARGUMENTS = ("column_A", "column_B", "mostly", "ignore_row_if")
_LIST_ARGUMENTS = ("column_list", "mostly", "ignore_row_if", *CONDITION_ARGUMENTS)


def build_ignore_condition(fields: Sequence[ColumnRef], ignore_row_if: str) -> Condition | None:
    """Return the condition of the rows that `ignore_row_if` excludes; None if it excludes none.

    Raises:
        ValueError: It has an unknown value.
    """
    is_null = tuple(IsNull(field) for field in fields)
    if ignore_row_if in ("both_values_are_missing", "all_values_are_missing"):
        return And(is_null)
    if ignore_row_if in ("either_value_is_missing", "any_value_is_missing"):
        return Or(is_null)
    if ignore_row_if in ("neither", "never"):
        return None
    raise ValueError(f'Unrecognized value of ignore_row_if ("{ignore_row_if}").')


def build_dict_converter(names: Sequence[str]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Return a function that converts the values of a row to a dict with these names."""
    return lambda values: dict(zip(names, values, strict=True))


def _make_pair_planner(
    arguments: tuple[str, ...], expects: Callable[[Arguments, ColumnRef, ColumnRef], Condition]
) -> ExpectationPlanner:
    def row_rule(args: Arguments, columns: Columns) -> RowRule:
        fields = [ColumnRef(columns.find(args[side])) for side in ("column_A", "column_B")]
        return RowRule(
            fields=tuple(field.name for field in fields),
            expects=expects(args, *fields),
            unless=build_ignore_condition(fields, args["ignore_row_if"]),
            where=args.get("row_condition"),
        )

    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        return plan_multicolumn_map(row_rule(args, columns), args["mostly"], tuple)

    return ExpectationPlanner((*_PAIR_ARGUMENTS, *arguments), plan, row_rule=row_rule)


def _make_list_planner(
    arguments: tuple[str, ...], expects: Callable[[Arguments, Sequence[ColumnRef], Columns], Condition]
) -> ExpectationPlanner:
    def row_rule(args: Arguments, columns: Columns) -> RowRule:
        fields = [ColumnRef(columns.find(name)) for name in args["column_list"]]
        return RowRule(
            fields=tuple(field.name for field in fields),
            expects=expects(args, fields, columns),
            unless=build_ignore_condition(fields, args["ignore_row_if"]),
            where=args["row_condition"],
        )

    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        rule = row_rule(args, columns)
        return plan_multicolumn_map(rule, args["mostly"], build_dict_converter(rule.fields))

    return ExpectationPlanner((*_LIST_ARGUMENTS, *arguments), plan, row_rule=row_rule)


def _expect_equal(args: Arguments, left: ColumnRef, right: ColumnRef) -> Condition:
    del args
    return NullSafeEqual(left, right)


def _expect_greater(args: Arguments, left: ColumnRef, right: ColumnRef) -> Condition:
    if args["or_equal"]:
        return Or((Compare(">=", left, right), NullSafeEqual(left, right)))
    return Compare(">", left, right)


def _expect_in_pairs(args: Arguments, left: ColumnRef, right: ColumnRef) -> Condition:
    pairs = tuple(
        And((NullSafeEqual(left, Constant(a)), NullSafeEqual(right, Constant(b))))
        for a, b in args["value_pairs_set"]
    )
    if not pairs:
        raise ValueError("`value_pairs_set` is empty.")
    return Or(pairs)


def _expect_sum(args: Arguments, fields: Sequence[ColumnRef], columns: Columns) -> Condition:
    is_integer = tuple(columns.find_type(field.name).simpleString() in SIMPLE_INTEGERS for field in fields)
    return Compare("==", Sum(tuple(fields), is_integer), Constant(args["sum_total"]))


def _expect_all_equal(args: Arguments, fields: Sequence[ColumnRef], columns: Columns) -> Condition:
    del args, columns
    return And(tuple(NullSafeEqual(fields[0], other) for other in fields[1:]))


def _expect_all_different(args: Arguments, fields: Sequence[ColumnRef], columns: Columns) -> Condition:
    del args, columns
    return Not(Or(tuple(NullSafeEqual(left, right) for left, right in combinations(fields, 2))))


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_pair_values_to_be_equal": _make_pair_planner(CONDITION_ARGUMENTS, _expect_equal),
    "expect_column_pair_values_a_to_be_greater_than_b": _make_pair_planner(
        (*CONDITION_ARGUMENTS, "or_equal"), _expect_greater
    ),
    # Great Expectations ignores CONDITION_ARGUMENTS in this one; an expectation that has them is left to it.
    "expect_column_pair_values_to_be_in_set": _make_pair_planner(("value_pairs_set",), _expect_in_pairs),
    "expect_multicolumn_sum_to_equal": _make_list_planner(("sum_total",), _expect_sum),
    "expect_multicolumn_values_to_be_equal": _make_list_planner((), _expect_all_equal),
    "expect_select_column_values_to_be_unique_within_record": _make_list_planner((), _expect_all_different),
}
