"""Find arguments with which an expectation can never be evaluated, without Spark and without Great Expectations."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from sparkops.checks.suite.core_expectations import is_core
from sparkops.checks.suite.like_pattern import like_to_regex
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.errors import Problem, as_clause

Arguments = Mapping[str, Any]

_EXTREMES = ("expect_column_max_to_be_between", "expect_column_min_to_be_between")
_ZONED = "a time with a time zone"
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
        for message in _find_problems(expectation)
    ]


def _find_problems(expectation: Expectation) -> Iterator[str]:
    if expectation.type in _NOT_ON_SPARK:
        yield "Great Expectations does not implement it for Spark: remove it, or use another expectation."
    for find in (
        _check_sizes,
        _check_mostly,
        _check_bounds,
        _check_like_patterns,
        _check_quantiles,
        _check_pairs,
        _check_result_format,
    ):
        yield from find(expectation.kwargs)
    if expectation.type in _EXTREMES:
        yield from _check_zones(expectation.kwargs)
    if expectation.type in _LENGTHS:
        yield from _check_lengths(expectation.kwargs)


def _check_sizes(kwargs: Arguments) -> Iterator[str]:
    for name, argument in kwargs.items():
        if any(_exceeds_double(value) for value in _list_leaves(argument)):
            yield f"`{name}` has a number that is larger than a double can be (1.8e308)."


def _list_leaves(value: Any) -> Iterator[Any]:
    """Yield the values in nested lists and mappings."""
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    if children is None:
        yield value
        return
    for child in children:
        yield from _list_leaves(child)


def _exceeds_double(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > sys.float_info.max


def _check_mostly(kwargs: Arguments) -> Iterator[str]:
    value = kwargs.get("mostly", 1)
    if _is_number(value) and not 0 <= value <= 1:
        advice = f" For {value:g} %, write {value / 100:g}." if 1 < value <= 100 else ""  # noqa: PLR2004
        yield f"`mostly` is {value!r}: it must be a share from 0 to 1.{advice}"


def _check_bounds(kwargs: Arguments) -> Iterator[str]:
    minimum, maximum = (parse_bound(kwargs.get(name)) for name in ("min_value", "max_value"))
    kinds = _classify(minimum), _classify(maximum)
    if None in kinds:
        return
    written = (
        f"`min_value` is {kwargs['min_value']!s}, {kinds[0]}, "
        f"and `max_value` is {kwargs['max_value']!s}, {kinds[1]}"
    )
    if kinds[0] != kinds[1]:
        yield f"{written}: they cannot be compared. Write both in one form."
    elif _to_comparable(minimum) > _to_comparable(maximum):
        yield (
            f"`min_value` {kwargs['min_value']!s} is greater than `max_value` {kwargs['max_value']!s}, "
            "so no value lies between them."
        )


def _check_zones(kwargs: Arguments) -> Iterator[str]:
    for name in ("min_value", "max_value"):
        if _classify(parse_bound(kwargs.get(name))) == _ZONED:
            yield (
                f"`{name}` is {kwargs[name]!s}, {_ZONED}, but the minimum and the maximum of a column have none: "
                "write the time of the session's time zone (UTC, if `spark.sql.session.timeZone` is not set)."
            )


def _check_lengths(kwargs: Arguments) -> Iterator[str]:
    for name in ("min_value", "max_value", "value"):
        value = kwargs.get(name)
        if isinstance(value, float) and not value.is_integer():
            yield f"`{name}` is {value!r}: a length is a whole number."


def _check_like_patterns(kwargs: Arguments) -> Iterator[str]:
    patterns = kwargs.get("like_pattern_list")
    escape = kwargs.get("escape")
    for pattern in [kwargs.get("like_pattern"), *(patterns if isinstance(patterns, list) else [])]:
        if not isinstance(pattern, str):
            continue
        try:
            like_to_regex(pattern, escape if isinstance(escape, str) else None)
        except ValueError as error:
            yield f"the LIKE pattern {pattern!r} is not valid: {as_clause(error)}."


def _check_quantiles(kwargs: Arguments) -> Iterator[str]:
    ranges = kwargs.get("quantile_ranges")
    levels = ranges.get("quantiles") if isinstance(ranges, Mapping) else None
    for level in levels if isinstance(levels, list) else []:
        if _is_number(level) and not 0 <= level <= 1:
            yield f"`quantiles` contains {level!r}: a quantile is a share from 0 to 1."


def _check_pairs(kwargs: Arguments) -> Iterator[str]:
    pairs = kwargs.get("value_pairs_set")
    if not isinstance(pairs, list):
        return
    if not pairs:
        yield "`value_pairs_set` is empty, so no pair is in it."
    for pair in pairs:
        if isinstance(pair, list) and len(pair) != 2:  # noqa: PLR2004
            yield f"`value_pairs_set` contains {pair!r}: a pair has two values."


def _check_result_format(kwargs: Arguments) -> Iterator[str]:
    if "result_format" in kwargs:
        yield _RESULT_FORMAT


def parse_bound(bound: Any) -> Any:
    """Return a bound as Great Expectations reads it: text that is a number, or an ISO date or time, is converted."""
    if not isinstance(bound, str):
        return bound
    for parse in (float, date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(bound)
        except ValueError:
            continue
    return bound


def _classify(bound: Any) -> str | None:
    """Return what a bound is compared as, for a message; None if it cannot be known."""
    if _is_number(bound):
        return "a number"
    if isinstance(bound, datetime) and bound.tzinfo is not None:
        return _ZONED
    return "a date or time without a time zone" if isinstance(bound, date) else None


def _to_comparable(bound: Any) -> Any:
    """Return a bound in a form that `<` compares within its kind; a date becomes the beginning of its day."""
    if isinstance(bound, date) and not isinstance(bound, datetime):
        return datetime.combine(bound, time.min)
    return bound


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
