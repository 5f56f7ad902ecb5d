"""Expectations about the table: its rows, and its columns and their types, which cost no Spark job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from pyspark.sql import types

from sparkops.checks.expectations.bounds import BOUNDS, between
from sparkops.checks.expectations.map_plans import all_rows, rows_name
from sparkops.checks.expectations.metric_plan import Asked, Judged
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.suite.schema_columns import Columns


def _counted(judge: Callable[[int, Arguments], Judged]) -> Callable[[Arguments, Columns], Asked]:
    def ask(args: Arguments, columns: Columns) -> Asked:
        del columns
        where = args["row_condition"]
        return Asked(
            measures=all_rows(where), judge=lambda answers, _: judge(answers[rows_name(where)], args)
        )

    return ask


def _equal(count: int, args: Arguments) -> Judged:
    return Judged(count == args["value"], {"observed_value": count})


def _known(judge: Callable[[Arguments, Columns], Judged]) -> Callable[[Arguments, Columns], Asked]:
    """Return a rule that only looks at the schema."""
    return lambda args, columns: Asked(judge=lambda *_: judge(args, columns))


def _exists(args: Arguments, columns: Columns) -> Judged:
    name, index = args["column"], args["column_index"]
    if not index:
        return Judged(name in columns.names, {})
    try:
        return Judged(columns.names[index] == name, {})
    except IndexError:
        return Judged(success=False, result={})


def _in_order(args: Arguments, columns: Columns) -> Judged:
    expected, found = args["column_list"], columns.names
    if expected is None or list(expected) == found:
        return Judged(success=True, result={"observed_value": found})
    places = zip_longest(range(max(len(expected), len(found))), expected, found)
    differ = [{"Expected Column Position": i, "Expected": a, "Found": b} for i, a, b in places if a != b]
    return Judged(success=False, result={"observed_value": found, "details": {"mismatched": differ}})


def _as_set(args: Arguments, columns: Columns) -> Judged:
    expected, found = set(args["column_set"] or ()), set(columns.names)
    seen = {"observed_value": sorted(found)}
    unexpected, missing = sorted(found - expected), sorted(map(str, expected - found))
    if not unexpected and not missing:
        return Judged(success=True, result=seen)
    differ = {"unexpected": unexpected, "missing": missing}
    told = {"mismatched": {key: names for key, names in differ.items() if names}}
    return Judged(not args["exact_match"] and not missing, {**seen, "details": told})


def _type(args: Arguments, columns: Columns) -> Judged:
    wanted = getattr(types, args["type_"], None)
    if not isinstance(wanted, type) or not issubclass(wanted, types.DataType):
        raise ValueError(f"Unrecognized spark type: {args['type_']}")  # noqa: TRY004  # as Great Expectations
    found = columns.type_of(columns.find(args["column"]))
    return Judged(isinstance(found, wanted), {"observed_value": type(found).__name__})


def _typed(names: Callable[[Arguments], list[str] | None]) -> Callable[[Arguments, Columns], Judged]:
    """Return what judges the type of a column by the names of the types that it may have."""

    def judge(args: Arguments, columns: Columns) -> Judged:
        found = _exactly(args["column"], columns)
        wanted = names(args)
        known = [getattr(types, name) for name in wanted or () if hasattr(types, name)]
        if wanted is not None and not known:
            raise ValueError("No recognized spark types in expected_types_list")
        held = wanted is None or isinstance(found, tuple(known))
        return Judged(held, {"observed_value": type(found).__name__})

    return judge


def _exactly(name: str, columns: Columns) -> Any:
    """Return the type of a column whose name is written as the frame writes it."""
    for known, kind in columns.types:
        if known == name:
            return kind
    raise ValueError(f'Error: The column "{name}" in BatchData does not exist.')


RULES: Mapping[str, Rule] = {
    "expect_table_row_count_to_equal": Rule(("value", *CONDITIONED), _counted(_equal)),
    "expect_table_row_count_to_be_between": Rule((*BOUNDS, *CONDITIONED), _counted(between)),
    "expect_table_column_count_to_equal": Rule(
        ("value",), _known(lambda args, columns: _equal(len(columns.names), args))
    ),
    "expect_table_column_count_to_be_between": Rule(
        ("min_value", "max_value"), _known(lambda args, columns: between(len(columns.names), args))
    ),
    "expect_table_columns_to_match_ordered_list": Rule(("column_list",), _known(_in_order)),
    "expect_table_columns_to_match_set": Rule(("column_set", "exact_match"), _known(_as_set)),
    "expect_column_to_exist": Rule(("column", "column_index"), _known(_exists)),
    "expect_column_type_to_be": Rule(("column", "type_"), _known(_type)),
    "expect_column_values_to_be_of_type": Rule(
        ("column", "type_", "mostly", *CONDITIONED), _known(_typed(lambda args: [args["type_"]]))
    ),
    "expect_column_values_to_be_in_type_list": Rule(
        ("column", "type_list", "mostly", *CONDITIONED), _known(_typed(lambda args: args["type_list"]))
    ),
}
