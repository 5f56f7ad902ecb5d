"""Decide what of a suite only Spark can judge: SQL conditions, queries, unusual regular expressions, and odd types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from sparkops.checks.suite.core_expectations import NEEDS_COLUMNS, named_columns
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.errors import ModelError
from sparkops.scoring.jvm.regex import translate_search_regex
from sparkops.type_names import FLOATING_TYPES, INTEGER_BITS

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


def is_unproven(suite: Suite, columns: Columns | None) -> bool:
    """Return whether Spark must say whether a suite can be evaluated.

    Args:
        suite: A suite whose arguments are valid, as far as they can be judged without Spark.
        columns: The table's columns, read by `Columns.from_json`; None if they are unknown.
    """
    return any(_is_unproven(expectation, columns) for expectation in suite.expectations)


def regexes_of(expectation: Expectation) -> Iterator[str]:
    """Yield the regular expressions of an expectation that are not certainly valid in Java."""
    kwargs = expectation.kwargs
    regexes = kwargs.get("regex_list")
    for regex in [kwargs.get("regex"), *(regexes if isinstance(regexes, list) else [])]:
        if isinstance(regex, str) and not _is_simple_regex(regex):
            yield regex


def row_condition_of(expectation: Expectation) -> str | None:
    """Return the `row_condition` in Spark SQL of an expectation; None if it has none."""
    kwargs = expectation.kwargs
    condition = kwargs.get("row_condition")
    is_spark_sql = kwargs.get("condition_parser") in (None, "spark")
    return condition if isinstance(condition, str) and is_spark_sql else None


def query_of(expectation: Expectation) -> str | None:
    """Return the query of an expectation that selects unexpected rows; None if it has none."""
    query = expectation.kwargs.get("unexpected_rows_query")
    return query if isinstance(query, str) else None


def _is_unproven(expectation: Expectation, columns: Columns | None) -> bool:
    has_sql = row_condition_of(expectation) is not None or query_of(expectation) is not None
    if has_sql or any(regexes_of(expectation)):
        return True
    return columns is not None and expectation.type in NEEDS_COLUMNS and not _fits(expectation, columns)


def _fits(expectation: Expectation, columns: Columns) -> bool:
    """Return whether an expectation can certainly be evaluated on its columns."""
    names = named_columns(expectation.kwargs)
    kinds = [_kind_of_column(columns, name) for name in names]
    if expectation.type in _ANY_TYPE:
        return True
    if len(names) != 1:
        return len(set(kinds)) == 1 and kinds[0] is not None
    if expectation.type.endswith(_TEXT_ONLY) or "value_lengths" in expectation.type:
        return kinds == ["text"]
    compared = [
        value
        for argument in _COMPARED_WITH
        for value in _as_list(expectation.kwargs.get(argument))
        if value is not None
    ]
    is_judged_by_values = any(argument in expectation.kwargs for argument in _COMPARED_WITH)
    return (
        kinds[0] is not None and is_judged_by_values and all(_kind_of_value(v) == kinds[0] for v in compared)
    )


def _kind_of_column(columns: Columns, name: str) -> str | None:
    try:
        column_type = columns.type_of(columns.find(name))
    except (ValueError, StopIteration):
        return None
    base = column_type.split("(")[0] if isinstance(column_type, str) else ""
    if base in _NUMBERS:
        return "number"
    return {"string": "text", "date": "date"}.get(base)


def _kind_of_value(value: Any) -> str | None:
    kinds: tuple[tuple[Callable[[Any], bool], str | None], ...] = (
        (lambda item: isinstance(item, bool), None),
        (lambda item: isinstance(item, int | float), "number"),
        (lambda item: isinstance(item, str), "text"),
        (lambda item: type(item) is date, "date"),
    )
    return next((kind for is_kind, kind in kinds if is_kind(value)), None)


def _as_list(value: Any) -> list[Any]:
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
