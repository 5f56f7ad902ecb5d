"""Casts to and from timestamps that depend on the session's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any

from ...ir.field import INTEGER_RANGES
from ..types import is_floating, is_integral, parse_decimal_type
from . import decimals
from .evaluation_error import EvaluationError, UnrepresentableError
from .numeric import to_float
from .time_zone import (
    MICROS,
    make_from_micros_function,
    make_resolve_function,
    make_to_micros_function,
    parse_zone,
)

# White space that Spark trims: control characters, space and delete.
BLANK = "".join(map(chr, (*range(0x21), 0x7F)))
_TIMESTAMP = re.compile(
    r"(?P<sign>[+-]?)(?P<year>[0-9]{4,6})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2})(?:[ T](?P<hour>[0-9]{1,2})"
    r"(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]*))?(?P<zone>[^0-9].*)?)?)?)?)?)?",
    re.DOTALL,
)
# A time of the day alone.
_TIME = re.compile(r"T?[0-9]{1,2}:")
_LONG = INTEGER_RANGES["long"]
_MAX_SHOWN = 40


def make_zoned_cast_function(source: str, target: str, zone: str) -> Callable[[Any], Any] | None:
    """Return the function of a cast that depends on the time zone; None if it is not one of them."""
    if target == "timestamp":
        return _make_to_timestamp_function(source, zone)
    if source != "timestamp":
        return None
    to_micros = make_to_micros_function(zone)
    if is_integral(target):
        return partial(_to_seconds, to_micros, target, INTEGER_RANGES[target])
    if is_floating(target):
        return partial(_to_fractional_seconds, to_micros, to_float if target == "float" else float)
    digits = parse_decimal_type(target)
    if digits is None:
        return None
    fit = decimals.make_fit_function(*digits)
    return lambda value: fit(Decimal(repr(to_micros(value) / MICROS)))


def needs_zone(source: str, target: str) -> bool:
    """Return whether a cast depends on the time zone."""
    numeric = {source, target} - {"timestamp", "string", "date", "boolean"}
    return "timestamp" in (source, target) and (bool(numeric) or source == "string")


def _make_to_timestamp_function(source: str, zone: str) -> Callable[[Any], Any] | None:
    from_micros = make_from_micros_function(zone)
    if source == "string":
        return make_parse_function(zone)
    if is_integral(source):
        return lambda value: from_micros(value * MICROS)
    if is_floating(source):
        return partial(_from_floating_seconds, from_micros)
    if parse_decimal_type(source) is not None:
        return lambda value: from_micros(int(decimals.multiply(value, Decimal(MICROS))))
    return None


def _from_floating_seconds(from_micros: Callable[[int], datetime], value: float) -> datetime:
    if not isfinite(value):
        raise EvaluationError(f"casts {value!r} to a timestamp")
    micros = value * MICROS
    if not -float(_LONG) <= micros <= float(_LONG):
        raise EvaluationError(f"casts {value!r}, which does not fit timestamp")
    return from_micros(int(micros))


def _to_seconds(to_micros: Callable[[datetime], int], type_: str, limit: int, value: datetime) -> int:
    seconds = to_micros(value) // MICROS
    if not -limit <= seconds < limit:
        raise EvaluationError(f"casts {value}, which does not fit {type_}")
    return seconds


def _to_fractional_seconds(
    to_micros: Callable[[datetime], int], convert: Callable[[float], float], value: datetime
) -> float:
    return convert(to_micros(value) / MICROS)


def make_parse_function(zone: str) -> Callable[[str], datetime]:
    """Return the function from a text to a timestamp of the session's zone; the text may name its own zone."""
    resolve, from_micros = make_resolve_function(zone), make_from_micros_function(zone)
    return partial(_parse, resolve, from_micros)


def _parse(
    resolve: Callable[[datetime], datetime], from_micros: Callable[[int], datetime], text: str
) -> datetime:
    match = _TIMESTAMP.fullmatch(text.strip(BLANK))
    if match is None:
        if _TIME.match(text.strip(BLANK)):
            raise UnrepresentableError("reads a time without a date, which takes the date of the query")
        raise _make_invalid_error(text)
    year, month, day = (int(match[part] or 1) for part in ("year", "month", "day"))
    if match["sign"] == "-" or not 1 <= year <= 9999:  # noqa: PLR2004
        raise UnrepresentableError
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    micros = int((match["fraction"] or "")[:6].ljust(6, "0"))
    try:
        value = datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001
        if match["zone"] is None:
            return resolve(value)
        own = parse_zone(match["zone"].strip(BLANK))
        moment = value.replace(tzinfo=own).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, EvaluationError):
        raise _make_invalid_error(text) from None
    return from_micros(make_to_micros_function("UTC")(moment))


def _make_invalid_error(text: str) -> EvaluationError:
    shown = repr(text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "...")
    return EvaluationError(f"casts {shown}, which is not a valid timestamp")
