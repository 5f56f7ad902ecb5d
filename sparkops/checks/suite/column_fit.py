"""Check a suite against the columns of a table, without Spark and without Great Expectations.

Only what certainly cannot be evaluated on these columns is reported; the rest is left to the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sparkops.checks.suite.argument_problems import parse_bound
from sparkops.checks.suite.core_expectations import NEEDS_COLUMNS, list_named_columns
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.core.type_names import FLOATING_TYPES
from sparkops.core.wording import did_you_mean
from sparkops.errors import Problem

_BETWEEN = "expect_column_values_to_be_between"
_MEAN = frozenset({"expect_column_mean_to_be_between"})
_QUANTILES = frozenset({"expect_column_median_to_be_between", "expect_column_quantile_values_to_be_between"})
# Names of types as in Delta's JSON.
_TEXT_TYPES = ("string", "boolean")
_MEAN_TYPES = ("integer", "long", *FLOATING_TYPES, "decimal")
_NUMBER_TYPES = ("byte", "short", *_MEAN_TYPES)
_TIME_TYPES = ("date", "timestamp", "timestamp_ntz")


def find_misfits(suite: Suite, columns: Columns, *, warnings: bool = True) -> list[Problem]:
    """Return the expectations that name a missing column, or a column of a type that they cannot evaluate.

    Args:
        suite: The suite.
        columns: The table's columns, read by `Columns.from_json`.
        warnings: Whether expectations with the policy `warn` are checked too; they cannot block the table.
    """
    return [
        Problem(expectation.type, message, expectation.place)
        for expectation in suite.expectations
        if expectation.type in NEEDS_COLUMNS and (warnings or expectation.policy != "warn")
        for message in (
            *_describe_missing(suite.table, expectation, columns),
            *_describe_wrong_types(expectation, columns),
        )
    ]


def suggest_column(expectation: Expectation, columns: Columns) -> str:
    """Return ` Did you mean ...?` for the first missing column that resembles a known one, else an empty string."""
    return next((suggestion for _, suggestion in _find_missing(expectation, columns) if suggestion), "")


def _describe_missing(table: str, expectation: Expectation, columns: Columns) -> Iterator[str]:
    for name, suggestion in _find_missing(expectation, columns):
        yield f"`{table}` has no column `{name}`, which `{expectation.type}` needs.{suggestion}"


def _find_missing(expectation: Expectation, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield each missing column that an expectation names, with the suggestion for it."""
    if expectation.type not in NEEDS_COLUMNS:
        return
    for name in list_named_columns(expectation.kwargs):
        try:
            columns.find(name)
        except ValueError:
            yield name, did_you_mean(name, [known.strip("`") for known in columns.names])


def _describe_wrong_types(expectation: Expectation, columns: Columns) -> Iterator[str]:
    column_type = _find_type_name(expectation, columns)
    if column_type is None:
        return
    column, name = expectation.kwargs["column"], expectation.type
    if name == _BETWEEN:
        for key in ("min_value", "max_value"):
            bound = expectation.kwargs.get(key)
            bound_kind = _classify_bound(parse_bound(bound))
            if bound_kind is not None and _is_incomparable(bound_kind, column_type):
                yield (
                    f"`{name}`: `{key}` is {bound}, {bound_kind}, but `{column}` has type {column_type}: "
                    "they cannot be compared."
                )
    elif (name in _MEAN and column_type not in _MEAN_TYPES) or (
        name in _QUANTILES and column_type not in _NUMBER_TYPES
    ):
        yield f"`{name}` needs a numeric column, but `{column}` has type {column_type}."


def _find_type_name(expectation: Expectation, columns: Columns) -> str | None:
    """Return the type of the expectation's column, such as `decimal`; None if it has no such column."""
    name = expectation.kwargs.get("column")
    if not isinstance(name, str):
        return None
    try:
        column_type = columns.find_type(columns.find(name))
    except ValueError:
        return None
    return column_type.split("(")[0] if isinstance(column_type, str) else str(column_type["type"])


def _classify_bound(bound: Any) -> str | None:
    """Return `a number` or `a date`; None for a bound that can be compared with any column."""
    if isinstance(bound, int | float) and not isinstance(bound, bool):
        return "a number"
    return "a date" if isinstance(bound, date) else None


def _is_incomparable(bound_kind: str, column_type: str) -> bool:
    return column_type in _TEXT_TYPES or column_type in (
        _TIME_TYPES if bound_kind == "a number" else _NUMBER_TYPES
    )
