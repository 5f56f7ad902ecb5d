"""Expectations about a table: its number of rows, and its columns and their types, which need no Spark job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from pyspark.sql import types

from sparkops.checks.expectations.bounds import BOUND_ARGUMENTS, judge_bounds
from sparkops.checks.expectations.map_plans import build_row_count_metric, format_row_count_name
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    MetricPlan,
    Verdict,
)
from sparkops.checks.suite.schema_columns import Columns


def _make_row_count_planner(
    arguments: tuple[str, ...], judge: Callable[[int, Arguments], Verdict]
) -> ExpectationPlanner:
    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        del columns
        where = args["row_condition"]
        return MetricPlan(
            metrics=build_row_count_metric(where),
            judge=lambda values, _: judge(values[format_row_count_name(where)], args),
        )

    return ExpectationPlanner((*arguments, *CONDITION_ARGUMENTS), plan)


def _make_schema_planner(
    arguments: tuple[str, ...], judge: Callable[[Arguments, Columns], Verdict]
) -> ExpectationPlanner:
    """Return the planner of an expectation that only reads the schema."""
    return ExpectationPlanner(
        arguments, lambda args, columns: MetricPlan(judge=lambda *_: judge(args, columns))
    )


def _judge_equal(count: int, args: Arguments) -> Verdict:
    return Verdict(count == args["value"], {"observed_value": count})


def _judge_column_count_equal(args: Arguments, columns: Columns) -> Verdict:
    return _judge_equal(len(columns.names), args)


def _judge_column_count_between(args: Arguments, columns: Columns) -> Verdict:
    return judge_bounds(len(columns.names), args)


def _judge_exists(args: Arguments, columns: Columns) -> Verdict:
    name, index = args["column"], args["column_index"]
    if not index:
        return Verdict(name in columns.names, {})
    try:
        return Verdict(columns.names[index] == name, {})
    except IndexError:
        return Verdict(success=False, result={})


def _judge_ordered_list(args: Arguments, columns: Columns) -> Verdict:
    expected, observed = args["column_list"], columns.names
    if expected is None or list(expected) == observed:
        return Verdict(success=True, result={"observed_value": observed})
    positions = zip_longest(range(max(len(expected), len(observed))), expected, observed)
    mismatched = [
        {"Expected Column Position": index, "Expected": a, "Found": b} for index, a, b in positions if a != b
    ]
    return Verdict(success=False, result={"observed_value": observed, "details": {"mismatched": mismatched}})


def _judge_column_set(args: Arguments, columns: Columns) -> Verdict:
    expected, observed = set(args["column_set"] or ()), set(columns.names)
    result = {"observed_value": sorted(observed)}
    unexpected, missing = sorted(observed - expected), sorted(map(str, expected - observed))
    if not unexpected and not missing:
        return Verdict(success=True, result=result)
    lists = {"unexpected": unexpected, "missing": missing}
    mismatched = {key: names for key, names in lists.items() if names}
    success = not args["exact_match"] and not missing
    return Verdict(success, {**result, "details": {"mismatched": mismatched}})


def _judge_column_type(args: Arguments, columns: Columns) -> Verdict:
    expected = getattr(types, args["type_"], None)
    if not isinstance(expected, type) or not issubclass(expected, types.DataType):
        # Great Expectations raises a ValueError here.
        raise ValueError(f"Unrecognized spark type: {args['type_']}")  # noqa: TRY004
    observed = columns.find_type(columns.find(args["column"]))
    return Verdict(isinstance(observed, expected), {"observed_value": type(observed).__name__})


def _judge_type_names(names: list[str] | None, column: str, columns: Columns) -> Verdict:
    """Judge whether a column has one of the types with these names."""
    observed = _find_exact_type(column, columns)
    known = [getattr(types, name) for name in names or () if hasattr(types, name)]
    if names is not None and not known:
        raise ValueError("No recognized spark types in expected_types_list")
    success = names is None or isinstance(observed, tuple(known))
    return Verdict(success, {"observed_value": type(observed).__name__})


def _judge_values_of_type(args: Arguments, columns: Columns) -> Verdict:
    return _judge_type_names([args["type_"]], args["column"], columns)


def _judge_values_in_type_list(args: Arguments, columns: Columns) -> Verdict:
    return _judge_type_names(args["type_list"], args["column"], columns)


def _find_exact_type(name: str, columns: Columns) -> Any:
    """Return the type of a column whose name is written exactly as in the frame."""
    for known, column_type in columns.types:
        if known == name:
            return column_type
    raise ValueError(f'Error: The column "{name}" in BatchData does not exist.')


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_table_row_count_to_equal": _make_row_count_planner(("value",), _judge_equal),
    "expect_table_row_count_to_be_between": _make_row_count_planner(BOUND_ARGUMENTS, judge_bounds),
    "expect_table_column_count_to_equal": _make_schema_planner(("value",), _judge_column_count_equal),
    "expect_table_column_count_to_be_between": _make_schema_planner(
        ("min_value", "max_value"), _judge_column_count_between
    ),
    "expect_table_columns_to_match_ordered_list": _make_schema_planner(("column_list",), _judge_ordered_list),
    "expect_table_columns_to_match_set": _make_schema_planner(
        ("column_set", "exact_match"), _judge_column_set
    ),
    "expect_column_to_exist": _make_schema_planner(("column", "column_index"), _judge_exists),
    "expect_column_type_to_be": _make_schema_planner(("column", "type_"), _judge_column_type),
    "expect_column_values_to_be_of_type": _make_schema_planner(
        ("column", "type_", "mostly", *CONDITION_ARGUMENTS), _judge_values_of_type
    ),
    "expect_column_values_to_be_in_type_list": _make_schema_planner(
        ("column", "type_list", "mostly", *CONDITION_ARGUMENTS), _judge_values_in_type_list
    ),
}
