"""Describe how a table's columns differ from what its suite states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkops.checks.profiling.profile import TableProfile
from sparkops.checks.suite.core_expectations import list_named_columns
from sparkops.checks.suite.suite import Expectation, Suite

_COLUMN_LISTS = ("expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list")
# Base classes of several types in Spark. The checkpoint decides whether a type is a subclass.
_BASE_TYPES = {
    "DataType",
    "AtomicType",
    "NumericType",
    "IntegralType",
    "FractionalType",
    "DatetimeType",
}


def describe_drift(suite: Suite, profile: TableProfile) -> tuple[str, ...]:
    """Return a sentence for each column that is missing, has another type, or has no expectation."""
    return (
        *_describe_missing(suite, profile),
        *_describe_other_types(suite, profile),
        *_describe_unnamed(suite, profile),
    )


def _describe_missing(suite: Suite, profile: TableProfile) -> Iterator[str]:
    known = {_normalize(name) for name in profile.names}
    for expectation in suite.expectations:
        for name in list_named_columns(expectation.kwargs):
            if _normalize(name) not in known:
                known.add(_normalize(name))
                yield f"`{name.strip('`')}` is missing, but the suite names it ({expectation.place})"


def _describe_other_types(suite: Suite, profile: TableProfile) -> Iterator[str]:
    columns = {_normalize(column.name): column for column in profile.columns}
    for expectation in suite.expectations:
        expected = _read_expected_types(expectation)
        column = columns.get(_normalize(str(expectation.kwargs.get("column"))))
        if column is None or not expected or column.type_name in expected or _BASE_TYPES & set(expected):
            continue
        name, observed = column.name.strip("`"), column.type_name or column.type_text
        yield f"`{name}` is {' or '.join(expected)} in the suite ({expectation.place}) and {observed} now"


def _describe_unnamed(suite: Suite, profile: TableProfile) -> Iterator[str]:
    column_list = next((e for e in suite.expectations if e.type in _COLUMN_LISTS), None)
    expectations = [column_list] if column_list else suite.expectations
    known = {
        _normalize(name) for expectation in expectations for name in list_named_columns(expectation.kwargs)
    }
    others = [
        f"`{column.name.strip('`')}` {column.type_text}"
        for column in profile.columns
        if _normalize(column.name) not in known
    ]
    if column_list is not None:
        for column in others:
            yield f"{column} is new: it is not in the suite's list of columns ({column_list.place})"
    elif others:
        yield f"no expectation names {', '.join(others)}"


def _read_expected_types(expectation: Expectation) -> Sequence[str]:
    """Return the types that an expectation allows a column; empty if it is not about types."""
    type_, type_list = expectation.kwargs.get("type_"), expectation.kwargs.get("type_list")
    return [str(type_)] if type_ is not None else [str(name) for name in type_list or ()]


def _normalize(name: str) -> str:
    return name.strip("`").casefold()
