"""How a table's columns left what its suite says of them, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkops.checks.profiling.profile import TableProfile
from sparkops.checks.suite.core_expectations import columns_of
from sparkops.checks.suite.suite import Expectation, Suite

_WHOLE_TABLE = ("expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list")
# Classes of Spark that are more than one type: whether a type is one of them, the check itself tells.
_WIDER = ("DataType", "AtomicType", "NumericType", "IntegralType", "FractionalType", "DatetimeType")


def drift(suite: Suite, profile: TableProfile) -> tuple[str, ...]:
    """Return a sentence for each column that the table lacks, that has another type, or that no expectation is about."""
    return (*_missing(suite, profile), *_other_types(suite, profile), *_uncovered(suite, profile))


def _missing(suite: Suite, profile: TableProfile) -> Iterator[str]:
    known = {_folded(name) for name in profile.names}
    told: set[str] = set()
    for expectation in suite.expectations:
        for name in columns_of(expectation.kwargs):
            if _folded(name) not in known | told:
                told.add(_folded(name))
                yield f"`{name.strip('`')}` is missing, and the suite names it ({expectation.place})"


def _other_types(suite: Suite, profile: TableProfile) -> Iterator[str]:
    types = {_folded(column.name): column for column in profile.columns}
    for expectation in suite.expectations:
        wanted = _types(expectation)
        column = types.get(_folded(str(expectation.kwargs.get("column"))))
        if column is None or not wanted or column.type_name in wanted or set(wanted) & set(_WIDER):
            continue
        said = f"{' or '.join(wanted)} in the suite ({expectation.place})"
        yield f"`{column.name.strip('`')}` is {said} and {column.type_name or column.type_text} now"


def _uncovered(suite: Suite, profile: TableProfile) -> Iterator[str]:
    listed = next((one for one in suite.expectations if one.type in _WHOLE_TABLE), None)
    about = {
        _folded(name)
        for one in ([listed] if listed else suite.expectations)
        for name in columns_of(one.kwargs)
    }
    others = [column for column in profile.columns if _folded(column.name) not in about]
    if listed is not None:
        for column in others:
            name = column.name.strip("`")
            yield f"`{name}` {column.type_text} is new: the suite's list of columns lacks it ({listed.place})"
    elif others:
        names = ", ".join(f"`{column.name.strip('`')}` {column.type_text}" for column in others)
        yield f"no expectation is about {names}"


def _types(expectation: Expectation) -> Sequence[str]:
    """Return the types that an expectation allows a column; none where it says nothing of that."""
    one, many = expectation.kwargs.get("type_"), expectation.kwargs.get("type_list")
    return [str(one)] if one is not None else [str(each) for each in many or ()]


def _folded(name: str) -> str:
    return name.strip("`").casefold()
