"""Find arguments of expectations with which they could never be evaluated, without Spark and without Great Expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sparkops.checks.suite.core_expectations import is_core
from sparkops.checks.suite.like_pattern import like_to_regex
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.errors import Problem

Arguments = Mapping[str, Any]
Finder = Callable[[Arguments], Iterator[str]]

_BETWEEN = "expect_column_values_to_be_between"
_NOT_ON_SPARK = (
    "expect_column_values_to_be_dateutil_parseable",
    "expect_table_row_count_to_equal_other_table",
)
_LENGTHS = ("expect_column_value_lengths_to_be_between", "expect_column_value_lengths_to_equal")
_RESULT_FORMAT = (
    "`result_format` has no effect here, because the result always contains counts and up to 20 failing values: "
    "remove it. `sparkops check TABLE --failing FILE` writes every failing row with all its columns."
)


def find_invalid_arguments(suite: Suite) -> list[Problem]:
    """Return the arguments of core expectations that are certainly wrong, whatever the table contains."""
    return [
        Problem(expectation.type, f"`{expectation.type}`: {message}", expectation.place)
        for expectation in suite.expectations
        if is_core(expectation.type)
        for message in _messages(expectation)
    ]


def _messages(expectation: Expectation) -> Iterator[str]:
    if expectation.type in _NOT_ON_SPARK:
        yield "Great Expectations does not implement it for Spark: remove it, or use another expectation."
    for find in (_mostly, _bounds, _like_patterns, _quantiles, _pairs, _result_format):
        yield from find(expectation.kwargs)
    if expectation.type == _BETWEEN:
        yield from _text_bounds(expectation.kwargs)
    if expectation.type in _LENGTHS:
        yield from _lengths(expectation.kwargs)


def _mostly(kwargs: Arguments) -> Iterator[str]:
    value = kwargs.get("mostly", 1)
    if _is_number(value) and not 0 <= value <= 1:
        advice = f" For {value:g} %, write {value / 100:g}." if 1 < value <= 100 else ""  # noqa: PLR2004
        yield f"`mostly` is {value!r}: it must be a share from 0 to 1.{advice}"


def _bounds(kwargs: Arguments) -> Iterator[str]:
    minimum, maximum = kwargs.get("min_value"), kwargs.get("max_value")
    if minimum is None or maximum is None:
        return
    kinds = _kind(minimum), _kind(maximum)
    if None not in kinds and kinds[0] != kinds[1]:
        yield (
            f"`min_value` is {minimum!s}, {kinds[0]}, and `max_value` is {maximum!s}, {kinds[1]}: "
            "they cannot be compared. Write both in one form."
        )
    elif None not in kinds and _order(minimum) > _order(maximum):
        yield f"`min_value` {minimum!s} is greater than `max_value` {maximum!s}, so no value lies between them."


def _text_bounds(kwargs: Arguments) -> Iterator[str]:
    """Yield what is wrong with bounds in text, whose order Great Expectations requires whatever the column contains."""
    minimum, maximum = kwargs.get("min_value"), kwargs.get("max_value")
    if isinstance(minimum, str) and isinstance(maximum, str) and minimum > maximum:
        yield f"`min_value` {minimum!r} comes after `max_value` {maximum!r} in the order of texts. Write numbers without quotes."


def _lengths(kwargs: Arguments) -> Iterator[str]:
    for name in ("min_value", "max_value", "value"):
        value = kwargs.get(name)
        if isinstance(value, float) and not value.is_integer():
            yield f"`{name}` is {value!r}: a length is a whole number."


def _like_patterns(kwargs: Arguments) -> Iterator[str]:
    patterns = kwargs.get("like_pattern_list")
    escape = kwargs.get("escape")
    for pattern in [kwargs.get("like_pattern"), *(patterns if isinstance(patterns, list) else [])]:
        if not isinstance(pattern, str):
            continue
        try:
            like_to_regex(pattern, escape if isinstance(escape, str) else None)
        except ValueError as error:
            yield f"the LIKE pattern {pattern!r} is not valid: {error}."


def _quantiles(kwargs: Arguments) -> Iterator[str]:
    ranges = kwargs.get("quantile_ranges")
    levels = ranges.get("quantiles") if isinstance(ranges, Mapping) else None
    for level in levels if isinstance(levels, list) else []:
        if _is_number(level) and not 0 <= level <= 1:
            yield f"`quantiles` contains {level!r}: a quantile is a share from 0 to 1."


def _pairs(kwargs: Arguments) -> Iterator[str]:
    pairs = kwargs.get("value_pairs_set")
    if not isinstance(pairs, list):
        return
    if not pairs:
        yield "`value_pairs_set` is empty, so no pair is in it."
    for pair in pairs:
        if isinstance(pair, list) and len(pair) != 2:  # noqa: PLR2004
            yield f"`value_pairs_set` contains {pair!r}: a pair has two values."


def _result_format(kwargs: Arguments) -> Iterator[str]:
    if "result_format" in kwargs:
        yield _RESULT_FORMAT


def _kind(value: Any) -> str | None:
    """Return what a bound is compared as; None if it cannot be known."""
    if _is_number(value):
        return "a number"
    if isinstance(value, date):
        return "a date or time"
    return "text" if isinstance(value, str) else None


def _order(value: Any) -> Any:
    """Return what orders a bound among those of its kind; text is not ordered, because Spark may cast it."""
    if isinstance(value, str):
        return 0
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
        return moment.replace(tzinfo=None)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
