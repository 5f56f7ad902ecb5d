"""Decide whether only Spark can validate a suite: for SQL, unusual regular expressions or column types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sparkops.checks.suite.core_expectations import NEEDS_COLUMNS, list_named_columns
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.core.type_names import FLOATING_TYPES, INTEGER_BITS
from sparkops.errors import ModelError
from sparkops.scoring.jvm.regex import translate_search_regex

_NUMBERS = frozenset({*INTEGER_BITS, *FLOATING_TYPES, "decimal"})
# Expectations that any column can meet or fail.
_ANY_TYPE = frozenset(
    {
        "expect_column_values_to_be_null",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_unique",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_proportion_of_non_null_values_to_be_between",
    }
)
_COMPARED_WITH = ("min_value", "max_value", "value_set")
_TEXT_ONLY = ("_regex", "_regex_list", "_like_pattern", "_like_pattern_list")


def needs_spark(suite: Suite, columns: Columns | None) -> bool:
    """Return whether only Spark can tell that a suite can be evaluated.

    Args:
        suite: A suite whose arguments are valid, as far as they can be judged without Spark.
        columns: The table's columns, read by `Columns.from_json`; None if they are unknown.
    """
    return any(_needs_spark(expectation, columns) for expectation in suite.expectations)


def find_unusual_regexes(expectation: Expectation) -> Iterator[str]:
    """Yield the regular expressions of an expectation that are not certainly valid in Java."""
    kwargs = expectation.kwargs
    regexes = kwargs.get("regex_list")
    for regex in [kwargs.get("regex"), *(regexes if isinstance(regexes, list) else [])]:
        if isinstance(regex, str) and not _is_simple_regex(regex):
            yield regex


def read_row_condition(expectation: Expectation) -> str | None:
    """Return the `row_condition` in Spark SQL of an expectation; None if it has none."""
    kwargs = expectation.kwargs
    condition = kwargs.get("row_condition")
    is_spark_sql = kwargs.get("condition_parser") in (None, "spark")
    return condition if isinstance(condition, str) and is_spark_sql else None


def read_query(expectation: Expectation) -> str | None:
    """Return the query of an expectation that selects unexpected rows; None if it has none."""
    query = expectation.kwargs.get("unexpected_rows_query")
    return query if isinstance(query, str) else None


def _needs_spark(expectation: Expectation, columns: Columns | None) -> bool:
    has_sql = read_row_condition(expectation) is not None or read_query(expectation) is not None
    if has_sql or any(find_unusual_regexes(expectation)):
        return True
    return (
        columns is not None
        and expectation.type in NEEDS_COLUMNS
        and not _is_certain_to_fit(expectation, columns)
    )


def _is_certain_to_fit(expectation: Expectation, columns: Columns) -> bool:
    """Return whether an expectation can certainly be evaluated on its columns."""
    names = list_named_columns(expectation.kwargs)
    kinds = [_classify_column(columns, name) for name in names]
    if expectation.type in _ANY_TYPE:
        return True
    if len(names) != 1:
        return len(set(kinds)) == 1 and kinds[0] is not None
    if expectation.type.endswith(_TEXT_ONLY) or "value_lengths" in expectation.type:
        return kinds == ["text"]
    compared = [
        value
        for argument in _COMPARED_WITH
        for value in _to_list(expectation.kwargs.get(argument))
        if value is not None
    ]
    is_judged_by_values = any(argument in expectation.kwargs for argument in _COMPARED_WITH)
    return (
        kinds[0] is not None
        and is_judged_by_values
        and all(_classify_value(value) == kinds[0] for value in compared)
    )


def _classify_column(columns: Columns, name: str) -> str | None:
    try:
        column_type = columns.find_type(columns.find(name))
    except ValueError:
        return None
    base = column_type.split("(")[0] if isinstance(column_type, str) else ""
    if base in _NUMBERS:
        return "number"
    return {"string": "text", "date": "date"}.get(base)


def _classify_value(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "date" if type(value) is date else None


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple | set):
        return list(value)
    return [] if isinstance(value, Mapping) else [value]


def _is_simple_regex(regex: str) -> bool:
    """Return whether Java certainly compiles a regular expression."""
    try:
        translate_search_regex(regex)
    except ModelError:
        return False
    return True
