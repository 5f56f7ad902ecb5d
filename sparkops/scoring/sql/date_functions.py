"""Functions of dates and timestamps; the value of a node that depends on the session's time zone ends with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from math import isfinite
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import (
    Fragments,
    Operation,
    combine_signatures,
    make_function_operation,
    make_signature_check,
    make_valued_operation,
)
from .runtime import date_patterns, dates
from .runtime.mathematics import attempt
from .runtime.time_zone import (
    MICROS,
    from_utc_micros,
    make_from_micros_function,
    make_resolve_function,
    make_to_micros_function,
    parse_zone,
    to_utc_micros,
)

_DATE, _TIMESTAMP, _STRING, _INTEGER, _LONG = "date", "timestamp", "string", "integer", "long"
_SECONDS = "decimal(16,6)"
_MILLIS = 1000


def _make_field_operation(template: str, type_: str) -> Operation:
    """Return the operation that reads a field of a date or a timestamp, by the format of its Python text."""

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return propagate_nulls(code, operands, template.format, nan=False)

    return Operation(make_signature_check(_INTEGER, type_), emit)


def _make_unix_units_maker(size: int) -> Callable[[str], Callable[[datetime], int]]:
    """Return the maker of the function that gives the whole units of `size` microseconds since 1970."""

    def make(zone: str) -> Callable[[datetime], int]:
        to_micros = make_to_micros_function(zone)
        return lambda value: to_micros(value) // size

    return make


def _make_unix_timestamp_function(zone: str) -> Callable[[datetime], int]:
    """Return the function of `unix_timestamp`, which rounds towards 1970, unlike `unix_seconds`."""
    to_micros = make_to_micros_function(zone)
    return lambda value: dates.truncated_quotient(to_micros(value), MICROS)


def _make_from_fractional_seconds(zone: str) -> Callable[[float], datetime | None]:
    from_micros = make_from_micros_function(zone)
    return lambda value: from_micros(int(value * MICROS)) if isfinite(value) else None


def _make_from_unix_units_maker(size: int) -> Callable[[str], Callable[[int], datetime]]:
    def make(zone: str) -> Callable[[int], datetime]:
        from_micros = make_from_micros_function(zone)
        return lambda value: from_micros(value * size)

    return make


def _make_parser(pattern: str, zone: str) -> Callable[[str], datetime]:
    parse, resolve = date_patterns.make_parse_function(pattern), make_resolve_function(zone)
    return lambda text: resolve(parse(text))


def _make_unix_parser(pattern: str, zone: str) -> Callable[[str], int]:
    parse, to_micros = date_patterns.make_parse_function(pattern), make_to_micros_function(zone)
    return lambda text: dates.truncated_quotient(to_micros(parse(text)), MICROS)


def _make_unix_formatter(pattern: str, zone: str) -> Callable[[int], str]:
    write, from_micros = date_patterns.make_format_function(pattern), make_from_micros_function(zone)
    return lambda seconds: write(from_micros(seconds * MICROS))


def _convert(zone: str, *, to_utc: bool) -> Callable[[datetime, str], datetime]:
    """Return `to_utc_timestamp`, or `from_utc_timestamp`, for a session of a zone."""
    to_micros, from_micros = make_to_micros_function(zone), make_from_micros_function(zone)

    def convert(value: datetime, name: str) -> datetime:
        parse_zone(name)
        moment = to_micros(value)
        if to_utc:
            return from_micros(make_to_micros_function(name)(from_utc_micros(moment)))
        return from_micros(to_utc_micros(make_from_micros_function(name)(moment)))

    return convert


def _make_adder(unit: str, zone: str) -> Callable[[datetime, int], datetime]:
    if unit not in dates.DIFFERENCE_UNITS:
        raise ValueError(unit)
    return dates.make_addition_function(unit, zone)


def _make_difference_function(unit: str) -> Callable[[datetime, datetime], int]:
    if unit not in dates.DIFFERENCE_UNITS:
        raise ValueError(unit)
    return dates.make_difference_function(unit)


def _make_timestamp(zone: str) -> Callable[..., datetime]:
    resolve = make_resolve_function(zone)
    return lambda *fields: resolve(dates.make_timestamp(*fields))


def _wrap_in_attempt(make: Callable[..., Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    return lambda *values: attempt(make(*values))


_FIELDS = (_INTEGER, _INTEGER, _INTEGER, _INTEGER, _INTEGER, _SECONDS)
_MONTHS_BETWEEN = ("double", _TIMESTAMP, _TIMESTAMP)
DATE_FUNCTIONS: Mapping[str, Operation] = {
    "year": _make_field_operation("{}.year", _DATE),
    "month": _make_field_operation("{}.month", _DATE),
    "day": _make_field_operation("{}.day", _DATE),
    "quarter": _make_field_operation("(({}.month + 2) // 3)", _DATE),
    "dayofweek": _make_field_operation("({}.isoweekday() % 7 + 1)", _DATE),
    "weekday": _make_field_operation("{}.weekday()", _DATE),
    "dayofweek_iso": _make_field_operation("{}.isoweekday()", _DATE),
    "dayofyear": _make_field_operation("{}.timetuple().tm_yday", _DATE),
    "weekofyear": _make_field_operation("{}.isocalendar()[1]", _DATE),
    "yearofweek": _make_field_operation("{}.isocalendar()[0]", _DATE),
    "hour": _make_field_operation("{}.hour", _TIMESTAMP),
    "minute": _make_field_operation("{}.minute", _TIMESTAMP),
    "second": _make_field_operation("{}.second", _TIMESTAMP),
    "seconds_with_fraction": make_function_operation(dates.seconds_with_fraction, "decimal(8,6)", _TIMESTAMP),
    "dayname": make_function_operation(dates.day_name, _STRING, _DATE),
    "monthname": make_function_operation(dates.month_name, _STRING, _DATE),
    "datediff": make_function_operation(dates.datediff, _INTEGER, _DATE, _DATE),
    "date_add": make_function_operation(dates.add_days, _DATE, _DATE, _INTEGER),
    "add_months": combine_signatures(
        make_function_operation(dates.add_months, _DATE, _DATE, _INTEGER),
        make_function_operation(dates.add_months, _TIMESTAMP, _TIMESTAMP, _INTEGER),
    ),
    "last_day": make_function_operation(dates.last_day, _DATE, _DATE),
    "next_day": make_function_operation(dates.next_day, _DATE, _DATE, _STRING),
    # Descriptions of older versions name no time zone.
    "months_between": combine_signatures(
        make_valued_operation(partial(dates.make_months_between_function, exact=False), *_MONTHS_BETWEEN),
        make_function_operation(dates.months_between, *_MONTHS_BETWEEN),
    ),
    "exact_months_between": make_valued_operation(
        partial(dates.make_months_between_function, exact=True), *_MONTHS_BETWEEN
    ),
    "trunc": make_function_operation(dates.truncate_date, _DATE, _DATE, _STRING, null=True),
    "date_trunc": make_function_operation(
        dates.truncate_timestamp, _TIMESTAMP, _STRING, _TIMESTAMP, null=True
    ),
    "make_date": make_function_operation(dates.make_date, _DATE, _INTEGER, _INTEGER, _INTEGER),
    "make_timestamp": make_valued_operation(_make_timestamp, _TIMESTAMP, *_FIELDS),
    "try_make_timestamp": make_valued_operation(
        _wrap_in_attempt(_make_timestamp), _TIMESTAMP, *_FIELDS, null=True
    ),
    "unix_date": make_function_operation(dates.unix_date, _INTEGER, _DATE),
    "date_from_unix_date": make_function_operation(dates.date_from_unix_date, _DATE, _INTEGER),
    "timestampdiff": make_valued_operation(_make_difference_function, _LONG, _TIMESTAMP, _TIMESTAMP),
    "timestampadd": make_valued_operation(_make_adder, _TIMESTAMP, _TIMESTAMP, _LONG),
    "date_format": make_valued_operation(date_patterns.make_format_function, _STRING, _TIMESTAMP),
    "to_timestamp": make_valued_operation(_make_parser, _TIMESTAMP, _STRING),
    "try_to_timestamp": make_valued_operation(_wrap_in_attempt(_make_parser), _TIMESTAMP, _STRING, null=True),
    "unix_timestamp": combine_signatures(
        make_valued_operation(_make_unix_timestamp_function, _LONG, _TIMESTAMP),
        make_valued_operation(_make_unix_parser, _LONG, _STRING),
    ),
    "unix_seconds": make_valued_operation(_make_unix_units_maker(MICROS), _LONG, _TIMESTAMP),
    "unix_millis": make_valued_operation(_make_unix_units_maker(_MILLIS), _LONG, _TIMESTAMP),
    "unix_micros": make_valued_operation(_make_unix_units_maker(1), _LONG, _TIMESTAMP),
    "from_unixtime": make_valued_operation(_make_unix_formatter, _STRING, _LONG),
    "timestamp_seconds": combine_signatures(
        make_valued_operation(_make_from_unix_units_maker(MICROS), _TIMESTAMP, _LONG),
        make_valued_operation(_make_from_fractional_seconds, _TIMESTAMP, "double", null=True),
    ),
    "timestamp_millis": make_valued_operation(_make_from_unix_units_maker(_MILLIS), _TIMESTAMP, _LONG),
    "timestamp_micros": make_valued_operation(_make_from_unix_units_maker(1), _TIMESTAMP, _LONG),
    "to_utc_timestamp": make_valued_operation(
        partial(_convert, to_utc=True), _TIMESTAMP, _TIMESTAMP, _STRING
    ),
    "from_utc_timestamp": make_valued_operation(
        partial(_convert, to_utc=False), _TIMESTAMP, _TIMESTAMP, _STRING
    ),
}
