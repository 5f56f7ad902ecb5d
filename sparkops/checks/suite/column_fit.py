"""Whether a suite fits the columns that a table has, told without Spark and without Great Expectations.

Only what cannot be evaluated on such columns is a misfit: what might be is left to the check itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sparkops.checks.suite.core_expectations import NEEDS_COLUMNS, columns_of
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.checks.suite.suite_file import near
from sparkops.errors import Problem

_BETWEEN = "expect_column_values_to_be_between"
_MEANS = frozenset({"expect_column_mean_to_be_between"})
_ORDERS = frozenset({"expect_column_median_to_be_between", "expect_column_quantile_values_to_be_between"})
_TEXTS = ("string", "boolean")
_MEAN_OF = ("integer", "long", "float", "double", "decimal")
_NUMBERS = ("byte", "short", *_MEAN_OF)
_TIMES = ("date", "timestamp", "timestamp_ntz")


def misfits(suite: Suite, columns: Columns, *, warnings: bool = True) -> list[Problem]:
    """Return what expectations ask of columns that are not there, or of another type than they need.

    Args:
        suite: The suite.
        columns: As JSON tells them.
        warnings: Whether expectations that only warn are meant, too: they keep no table back.
    """
    return [
        Problem(each.type, told, each.place)
        for each in suite.expectations
        if each.type in NEEDS_COLUMNS and (warnings or each.policy != "warn")
        for told in (*_missing(suite.table, each, columns), *_mistyped(each, columns))
    ]


def hint(expectation: Expectation, columns: Columns) -> str:
    """Return ` Did you mean ...?` for the first column that is not there and has a near name, else nothing."""
    return next((told for _, told in _absent(expectation, columns) if told), "")


def _missing(table: str, expectation: Expectation, columns: Columns) -> Iterator[str]:
    for name, told in _absent(expectation, columns):
        yield f"`{table}` has no column `{name}`, and `{expectation.type}` is about it.{told}"


def _absent(expectation: Expectation, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield the columns that an expectation names and that are not there, each with the near one in words."""
    if expectation.type not in NEEDS_COLUMNS:
        return
    for name in columns_of(expectation.kwargs):
        try:
            columns.find(name)
        except ValueError:
            yield name, near(name, [known.strip("`") for known in columns.names])


def _mistyped(expectation: Expectation, columns: Columns) -> Iterator[str]:
    kind = _kind_of(expectation, columns)
    if kind is None:
        return
    column, name = expectation.kwargs["column"], expectation.type
    if name == _BETWEEN:
        for key in ("min_value", "max_value"):
            bound = expectation.kwargs.get(key)
            if (told := _told(bound)) is not None and _differs(told, kind):
                yield f"`{name}`: `{key}` is {bound}, {told}, and `{column}` holds {kind}: they cannot be compared."
    elif (name in _MEANS and kind not in _MEAN_OF) or (name in _ORDERS and kind not in _NUMBERS):
        yield f"`{name}` is about numbers, and `{column}` holds {kind}."


def _kind_of(expectation: Expectation, columns: Columns) -> str | None:
    """Return the type of an expectation's one column in a word; None where that is not known."""
    name = expectation.kwargs.get("column")
    if not isinstance(name, str):
        return None
    try:
        kind = columns.type_of(columns.find(name))
    except (ValueError, StopIteration):
        return None
    return kind.split("(")[0] if isinstance(kind, str) else str(kind["type"])


def _told(bound: Any) -> str | None:
    """Return what a bound is, where it is of a type that not every column can be compared with."""
    if isinstance(bound, int | float) and not isinstance(bound, bool):
        return "a number"
    return "a date" if isinstance(bound, date) else None


def _differs(told: str, kind: str) -> bool:
    return kind in _TEXTS or kind in (_TIMES if told == "a number" else _NUMBERS)
