"""Functions of dates and timestamps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import VOID, cast
from sparkops.compiler.sql.operators import add_days
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime import date_patterns, dates
from sparkops.scoring.sql.types import is_floating, is_integral, parse_decimal_type

from .call import Args, Build, Function, Functions, cast_argument, make_typed_function, require_literal_text

_DATE, _TIMESTAMP, _STRING, _INTEGER, _LONG = "date", "timestamp", "string", "integer", "long"
_DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss"
# Limit of the functions with a pattern, for the reference page.
_NOTE = "patterns are texts in the statement, of letters that every JVM reads alike"
_SECONDS = "decimal(16,6)"
# Function of each field, by the field's names in `extract` and `date_part`.
FIELDS = {
    **dict.fromkeys(("YEAR", "Y", "YEARS", "YR", "YRS"), "year"),
    **dict.fromkeys(("QUARTER", "QTR"), "quarter"),
    **dict.fromkeys(("MONTH", "MON", "MONS", "MONTHS"), "month"),
    **dict.fromkeys(("WEEK", "W", "WEEKS"), "weekofyear"),
    **dict.fromkeys(("DAY", "D", "DAYS"), "day"),
    **dict.fromkeys(("DAYOFWEEK", "DOW"), "dayofweek"),
    **dict.fromkeys(("DAYOFWEEK_ISO", "DOW_ISO"), "dayofweek_iso"),
    "DOY": "dayofyear",
    **dict.fromkeys(("HOUR", "H", "HOURS", "HR", "HRS"), "hour"),
    **dict.fromkeys(("MINUTE", "M", "MIN", "MINS", "MINUTES"), "minute"),
    "YEAROFWEEK": "yearofweek",
}  # fmt: skip
_SECOND_FIELDS = frozenset(("SECOND", "S", "SEC", "SECONDS", "SECS"))
_TIME_FIELDS = ("hour", "minute", "second")
# Other names of units.
_UNITS = {"DAYOFYEAR": "DAY"}


def build_field(name: str, value: Expression) -> Expression:
    """Return a field of a date or a timestamp, by its name in `extract`.

    Raises:
        CannotCompile: There is no such field.
    """
    upper = name.upper()
    if upper in _SECOND_FIELDS:
        return make_expression("seconds_with_fraction", "decimal(8,6)", [cast(value, _TIMESTAMP)])
    op = FIELDS.get(upper)
    if op is None:
        raise CannotCompile(f"its field `{name}` is not supported")
    return make_expression(op, _INTEGER, [cast(value, _TIMESTAMP if op in _TIME_FIELDS else _DATE)])


def build_unit_call(name: str, unit: str, args: Args) -> Expression:
    """Return `timestampadd(unit, count, time)` or `timestampdiff(unit, start, end)`, under any of their names.

    Raises:
        CannotCompile: There is no such unit.
    """
    upper = _UNITS.get(unit.upper(), unit.upper())
    if upper not in dates.DIFFERENCE_UNITS:
        raise CannotCompile(f"its unit `{unit}` is not supported")
    if name in ("timestampdiff", "datediff", "date_diff"):
        return make_expression("timestampdiff", _LONG, [cast(arg, _TIMESTAMP) for arg in args], (upper,))
    count, time = args
    return add_units(cast(time, _TIMESTAMP), upper, count)


def add_units(time: Expression, unit: str, count: Expression) -> Expression:
    """Return a timestamp some units later."""
    if count.type not in ("byte", "short", "integer", "long"):
        raise CannotCompile(f"a number of units of type {count.type} is not supported")
    return make_expression("timestampadd", _TIMESTAMP, [time, cast(count, _LONG)], (unit,))


def _require_date_pattern(make: Callable[[str], Any], arg: Expression) -> str:
    """Return the pattern of an argument from which `make` can make a function; raise CannotCompile for any other."""
    pattern = require_literal_text(arg, "pattern")
    try:
        make(pattern)
    except date_patterns.UnsupportedPattern as error:
        raise CannotCompile(f"its pattern `{pattern}` is not supported: {error}") from None
    return pattern


def _build_add_days(args: Args, *, subtract: bool) -> Expression:
    days = cast(args[1], _INTEGER) if args[1].type in (VOID, _STRING) else args[1]
    return add_days(args[0], days, subtract=subtract)


def _build_parse(op: str, text: Expression, pattern: str) -> Expression:
    return make_expression(op, _TIMESTAMP, [cast(text, _STRING)], (pattern,))


def _build_to_date(args: Args) -> Expression:
    if len(args) == 1:
        return cast(args[0], _DATE)
    pattern = _require_date_pattern(date_patterns.make_parse_function, args[1])
    return cast(_build_parse("to_timestamp", args[0], pattern) if args[0].type == _STRING else args[0], _DATE)


def _build_try_to_date(args: Args) -> Expression:
    if len(args) == 1:
        return cast(args[0], _DATE, is_try=True)
    pattern = _require_date_pattern(date_patterns.make_parse_function, args[1])
    return cast(_build_parse("try_to_timestamp", args[0], pattern), _DATE)


def _build_to_timestamp(args: Args, *, is_try: bool) -> Expression:
    if len(args) == 1:
        return cast(args[0], _TIMESTAMP, is_try=is_try)
    pattern = _require_date_pattern(date_patterns.make_parse_function, args[1])
    if args[0].type != _STRING:
        return cast(args[0], _TIMESTAMP)
    return _build_parse("try_to_timestamp" if is_try else "to_timestamp", args[0], pattern)


def _build_date_format(args: Args) -> Expression:
    pattern = _require_date_pattern(date_patterns.make_format_function, args[1])
    return make_expression("date_format", _STRING, [cast(args[0], _TIMESTAMP)], (pattern,))


def _build_unix_timestamp(args: Args) -> Expression:
    if not args:
        raise CannotCompile("its time now differs between training and scoring")
    if args[0].type != _STRING:
        return make_expression("unix_timestamp", _LONG, [cast(args[0], _TIMESTAMP)], ())
    pattern = _DEFAULT_PATTERN
    if len(args) > 1:
        pattern = _require_date_pattern(date_patterns.make_parse_function, args[1])
    return make_expression("unix_timestamp", _LONG, [args[0]], (pattern,))


def _build_from_unixtime(args: Args) -> Expression:
    pattern = _DEFAULT_PATTERN
    if len(args) > 1:
        pattern = _require_date_pattern(date_patterns.make_format_function, args[1])
    return make_expression("from_unixtime", _STRING, [cast(args[0], _LONG)], (pattern,))


def _build_months_between(args: Args) -> Expression:
    op = "months_between"
    if len(args) > 2:  # noqa: PLR2004
        if args[2].op != "literal" or args[2].type != "boolean" or args[2].value is None:
            raise CannotCompile("its rounding is not a constant of the statement")
        op = "months_between" if args[2].value else "exact_months_between"
    return make_expression(op, "double", [cast(arg, _TIMESTAMP) for arg in args[:2]], ())


def _make_unix_units_function(op: str) -> Function:
    return Function(1, 1, lambda args: make_expression(op, _LONG, [cast(args[0], _TIMESTAMP)], ()))


def _build_timestamp_of_units(op: str, args: Args) -> Expression:
    (value,) = args
    if not is_integral(value.type):
        if op == "timestamp_seconds" and is_floating(value.type):
            return make_expression(op, _TIMESTAMP, [cast(value, "double")], ())
        if op == "timestamp_seconds" and parse_decimal_type(value.type):
            return cast(value, _TIMESTAMP)
        raise CannotCompile(f"`{op}` of {value.type} is not supported")
    return make_expression(op, _TIMESTAMP, [cast(value, _LONG)], ())


def _build_make_timestamp(op: str, args: Args) -> Expression:
    types = (_INTEGER, _INTEGER, _INTEGER, _INTEGER, _INTEGER, _SECONDS)
    values = [
        cast(arg, type_) if type_ == _SECONDS else cast_argument(arg, type_)
        for arg, type_ in zip(args, types, strict=True)
    ]
    return make_expression(op, _TIMESTAMP, values, ())


def _make_zone_builder(op: str) -> Build:
    return lambda args: make_expression(
        op, _TIMESTAMP, [cast(args[0], _TIMESTAMP), cast(args[1], _STRING)], ()
    )


def _build_date_part(args: Args) -> Expression:
    return build_field(require_literal_text(args[0], "field"), args[1])


DATES: Functions = {
    **{
        name: make_typed_function(name, _INTEGER, _DATE)
        for name in ("year", "month", "day", "quarter", "dayofweek", "weekday", "dayofyear", "weekofyear")
    },
    **{name: make_typed_function(name, _INTEGER, _TIMESTAMP) for name in _TIME_FIELDS},
    "dayname": make_typed_function("dayname", _STRING, _DATE),
    "monthname": make_typed_function("monthname", _STRING, _DATE),
    "date_part": Function(2, 2, _build_date_part, "fields of dates and timestamps, not of intervals"),
    "datediff": make_typed_function("datediff", _INTEGER, _DATE, _DATE),
    "date_add": Function(2, 2, partial(_build_add_days, subtract=False)),
    "date_sub": Function(2, 2, partial(_build_add_days, subtract=True)),
    "add_months": make_typed_function("add_months", _DATE, _DATE, _INTEGER),
    "last_day": make_typed_function("last_day", _DATE, _DATE),
    "next_day": make_typed_function("next_day", _DATE, _DATE, _STRING),
    "months_between": Function(2, 3, _build_months_between),
    "trunc": make_typed_function("trunc", _DATE, _DATE, _STRING),
    "date_trunc": make_typed_function("date_trunc", _TIMESTAMP, _STRING, _TIMESTAMP),
    "make_date": make_typed_function("make_date", _DATE, _INTEGER, _INTEGER, _INTEGER),
    "make_timestamp": Function(6, 6, partial(_build_make_timestamp, "make_timestamp"), "of six arguments"),
    "try_make_timestamp": Function(
        6, 6, partial(_build_make_timestamp, "try_make_timestamp"), "of six arguments"
    ),
    "to_date": Function(1, 2, _build_to_date, _NOTE),
    "try_to_date": Function(1, 2, _build_try_to_date, _NOTE),
    "to_timestamp": Function(1, 2, partial(_build_to_timestamp, is_try=False), _NOTE),
    "try_to_timestamp": Function(1, 2, partial(_build_to_timestamp, is_try=True), _NOTE),
    "date_format": Function(2, 2, _build_date_format, _NOTE),
    "unix_timestamp": Function(0, 2, _build_unix_timestamp, f"not without arguments; {_NOTE}"),
    "from_unixtime": Function(1, 2, _build_from_unixtime, _NOTE),
    "unix_date": make_typed_function("unix_date", _INTEGER, _DATE),
    "unix_seconds": _make_unix_units_function("unix_seconds"),
    "unix_millis": _make_unix_units_function("unix_millis"),
    "unix_micros": _make_unix_units_function("unix_micros"),
    "date_from_unix_date": make_typed_function("date_from_unix_date", _DATE, _INTEGER),
    "timestamp_seconds": Function(1, 1, partial(_build_timestamp_of_units, "timestamp_seconds")),
    "timestamp_millis": Function(1, 1, partial(_build_timestamp_of_units, "timestamp_millis")),
    "timestamp_micros": Function(1, 1, partial(_build_timestamp_of_units, "timestamp_micros")),
    "to_utc_timestamp": Function(2, 2, _make_zone_builder("to_utc_timestamp")),
    "from_utc_timestamp": Function(2, 2, _make_zone_builder("from_utc_timestamp")),
}
