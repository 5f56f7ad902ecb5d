"""Column map expectations: null, between, in a set, regular expression, LIKE pattern, length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparkops.checks.expectations.bounds import BOUND_ARGUMENTS
from sparkops.checks.expectations.map_plans import plan_column_map, plan_null_map
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    MetricPlan,
)
from sparkops.checks.results import SAMPLE_SIZE
from sparkops.checks.suite.like_pattern import like_to_regex
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import (
    And,
    ColumnRef,
    Compare,
    Comparison,
    Condition,
    Constant,
    IsIn,
    IsNull,
    Length,
    Matches,
    Not,
    Operand,
    Or,
    RowRule,
)

# Prefixes of Spark's types that cannot be compared with numbers or dates.
_INCOMPARABLE_TYPES = ("VARCHAR", "CHAR", "STRING", "BOOLEAN")
_ARGUMENTS = ("column", "mostly", *CONDITION_ARGUMENTS)


def _make_null_planner(
    expects: Callable[[ColumnRef], Condition], known_samples: Callable[[int], list[Any]] | None
) -> ExpectationPlanner:
    """Return the planner of an expectation about NULL values."""

    def row_rule(args: Arguments, columns: Columns) -> RowRule:
        name = columns.find(args["column"])
        return RowRule(fields=(name,), expects=expects(ColumnRef(name)), where=args["row_condition"])

    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        return plan_null_map(row_rule(args, columns), args["mostly"], known_samples=known_samples)

    return ExpectationPlanner(_ARGUMENTS, plan, row_rule=row_rule)


def _make_value_planner(
    arguments: tuple[str, ...], expects: Callable[[Arguments, ColumnRef, Any], Condition]
) -> ExpectationPlanner:
    """Return the planner of an expectation about each non-null value.

    Args:
        arguments: Arguments besides the common ones.
        expects: Returns the condition for the arguments, the column and its type.
    """

    def row_rule(args: Arguments, columns: Columns) -> RowRule:
        name = columns.find(args["column"])
        condition = expects(args, ColumnRef(name), columns.find_type(name))
        return RowRule(
            fields=(name,), expects=condition, unless=IsNull(ColumnRef(name)), where=args["row_condition"]
        )

    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        return plan_column_map(row_rule(args, columns), args["mostly"])

    return ExpectationPlanner((*_ARGUMENTS, *arguments), plan, row_rule=row_rule)


def _expect_between(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    minimum, maximum = args["min_value"], args["max_value"]
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValueError("min_value cannot be greater than max_value")
    bounds = [bound for bound in (minimum, maximum) if bound is not None]
    is_incomparable = str(column_type).upper().startswith(_INCOMPARABLE_TYPES)
    if is_incomparable and not all(isinstance(bound, str) for bound in bounds):
        raise ValueError(f"ColumnValuesBetween metrics cannot be computed on column of type {column_type}.")
    return _expect_within_bounds(args, field)


def _expect_length_between(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    bounds = [bound for bound in (args["min_value"], args["max_value"]) if bound is not None]
    if not all(float(bound).is_integer() for bound in bounds):
        raise ValueError("min_value and max_value must be integers")
    return _expect_within_bounds(args, Length(field))


def _expect_within_bounds(args: Arguments, operand: Operand) -> Condition:
    above: Comparison = ">" if args["strict_min"] else ">="
    below: Comparison = "<" if args["strict_max"] else "<="
    conditions: list[Condition] = []
    if args["min_value"] is not None:
        conditions.append(Compare(above, operand, Constant(args["min_value"])))
    if args["max_value"] is not None:
        conditions.append(Compare(below, operand, Constant(args["max_value"])))
    if not conditions:
        raise ValueError("min_value and max_value cannot both be None")
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions))


def _expect_in_set(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    return IsIn(field, tuple(args["value_set"]))


def _expect_regex(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    return Matches(field, args["regex"])


def _expect_regex_list(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    if args["match_on"] == "any":
        return Matches(field, "|".join(args["regex_list"]))
    return And(tuple(Matches(field, regex) for regex in args["regex_list"]))


def _expect_no_regex(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    return Not(Or(tuple(Matches(field, regex) for regex in args["regex_list"])))


def _match_like_pattern(field: ColumnRef, args: Arguments, pattern: str) -> Condition:
    return Matches(field, like_to_regex(pattern, args["escape"]))


def _expect_like_pattern(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    return _match_like_pattern(field, args, args["like_pattern"])


def _expect_like_patterns(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    matches = tuple(_match_like_pattern(field, args, pattern) for pattern in args["like_pattern_list"])
    return Or(matches) if args.get("match_on", "any") == "any" else And(matches)


def _expect_length(args: Arguments, field: ColumnRef, column_type: Any) -> Condition:
    del column_type
    return Compare("==", Length(field), Constant(args["value"]))


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_values_to_be_null": _make_null_planner(IsNull, None),
    "expect_column_values_to_not_be_null": _make_null_planner(
        lambda field: Not(IsNull(field)), lambda count: [None] * min(count, SAMPLE_SIZE)
    ),
    "expect_column_values_to_be_between": _make_value_planner(BOUND_ARGUMENTS, _expect_between),
    "expect_column_values_to_be_in_set": _make_value_planner(("value_set",), _expect_in_set),
    "expect_column_values_to_not_be_in_set": _make_value_planner(
        ("value_set",), lambda args, field, column_type: Not(_expect_in_set(args, field, column_type))
    ),
    "expect_column_values_to_match_regex": _make_value_planner(("regex",), _expect_regex),
    "expect_column_values_to_not_match_regex": _make_value_planner(
        ("regex",), lambda args, field, column_type: Not(_expect_regex(args, field, column_type))
    ),
    "expect_column_values_to_match_regex_list": _make_value_planner(
        ("regex_list", "match_on"), _expect_regex_list
    ),
    "expect_column_values_to_not_match_regex_list": _make_value_planner(("regex_list",), _expect_no_regex),
    # Great Expectations' Spark engine has no metrics for LIKE patterns; these are those of its SQL engine.
    "expect_column_values_to_match_like_pattern": _make_value_planner(
        ("like_pattern", "escape"), _expect_like_pattern
    ),
    "expect_column_values_to_not_match_like_pattern": _make_value_planner(
        ("like_pattern", "escape"),
        lambda args, field, column_type: Not(_expect_like_pattern(args, field, column_type)),
    ),
    "expect_column_values_to_match_like_pattern_list": _make_value_planner(
        ("like_pattern_list", "match_on", "escape"), _expect_like_patterns
    ),
    "expect_column_values_to_not_match_like_pattern_list": _make_value_planner(
        ("like_pattern_list", "escape"),
        lambda args, field, column_type: Not(_expect_like_patterns(args, field, column_type)),
    ),
    "expect_column_value_lengths_to_be_between": _make_value_planner(BOUND_ARGUMENTS, _expect_length_between),
    "expect_column_value_lengths_to_equal": _make_value_planner(("value",), _expect_length),
}
