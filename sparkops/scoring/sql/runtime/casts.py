"""Casts between simple types with Spark's ANSI semantics: a value that does not fit the target type raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from math import inf, isfinite, isinf
from typing import Any

from ...ir.field import INTEGER_RANGES
from ...jvm.numbers import choose_text_function, round_to_float
from ..types import is_floating, is_integral, parse_decimal_type
from . import decimals
from .evaluation_error import EvaluationError, UnrepresentableError
from .numeric import int_to_float, to_float
from .time_casts import BLANK, make_zoned_cast_function, needs_zone
from .time_zone import is_zone

# White space that Java's String.trim removes.
_JAVA_BLANK = "".join(map(chr, range(0x21)))
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL_NUMBER = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
_HEXADECIMAL_NUMBER = re.compile(
    r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?"
)
_INFINITIES = {
    "inf": "inf",
    "+inf": "inf",
    "infinity": "inf",
    "+infinity": "inf",
    "-inf": "-inf",
    "-infinity": "-inf",
}
_EXACT_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,10})?")
_DATE = re.compile(
    r"(?P<sign>[+-]?)(?P<year>[0-9]{4,7})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2})(?:[ T].*)?)?)?",
    re.DOTALL,
)
_TRUE, _FALSE = frozenset(("t", "true", "y", "yes", "1")), frozenset(("f", "false", "n", "no", "0"))
# Longer texts exceed every integer type; converting them to an integer takes quadratic time.
_MAX_DIGITS = 400
# Numbers below ten to this power are 0 in every decimal type.
_MIN_EXPONENT = -400
_MIN_JAVA, _MAX_JAVA = 8, 99

Cast = Callable[[Any], Any]


def make_cast_function(source: str, target: str, context: Any = None) -> Cast | None:
    """Return the function of a cast; None where Spark has no such cast.

    Args:
        source: Type of the operand.
        target: Type of the result.
        context: What the result depends on besides the operand: the version of Java for texts and decimals of doubles,
            the name of the session's time zone for casts between timestamps and numbers or from text.
    """
    if source == target:
        return _return_unchanged
    if needs_zone(source, target):
        return make_zoned_cast_function(source, target, context) if is_zone(context) else None
    java = context if is_java(context) else None
    if target == "string" and is_floating(source):
        return choose_text_function(source, java) if java else None
    digits = parse_decimal_type(target)
    if digits is not None:
        convert = _to_decimal(source, java)
        return (
            None
            if convert is None
            else partial(_convert_and_fit, convert, decimals.make_fit_function(*digits))
        )
    return _find_simple_cast(source, target)


def _find_simple_cast(source: str, target: str) -> Cast | None:
    """Return the function of a cast whose result depends on the operand alone."""
    if parse_decimal_type(source) is not None:
        return _from_decimal(source, target)
    if is_integral(source) or is_floating(source):
        return _from_number(source, target)
    return _BOOLEAN_AND_TIME_CASTS.get((source, target)) or _from_string(source, target)


def needs_java(source: str, target: str) -> bool:
    """Return whether a cast depends on the version of Java: Spark makes decimals of the text of doubles."""
    return is_floating(source) and (target == "string" or parse_decimal_type(target) is not None)


def is_java(version: Any) -> bool:
    """Return whether a value is a version of Java."""
    return type(version) is int and _MIN_JAVA <= version <= _MAX_JAVA


def _return_unchanged(value: Any) -> Any:
    return value


def _from_number(source: str, target: str) -> Cast | None:
    if is_integral(target):
        if is_integral(source):
            widens = INTEGER_RANGES[target] >= INTEGER_RANGES[source]
            return _return_unchanged if widens else partial(_require_in_range, target, INTEGER_RANGES[target])
        return partial(_truncate, target, INTEGER_RANGES[target])
    if target == "double":
        return float if is_integral(source) else _return_unchanged
    if target == "float":
        return int_to_float if is_integral(source) else to_float
    if target == "boolean":
        return _is_not_zero
    return str if target == "string" and is_integral(source) else None


def _require_in_range(type_: str, limit: int, value: int) -> int:
    if not -limit <= value < limit:
        raise EvaluationError(f"casts {value}, which does not fit {type_}")
    return value


def _truncate(type_: str, limit: int, value: float) -> int:
    # Spark compares with the largest long as a double, which is 2**63. So 2**63 passes, and Java makes it the largest
    # long.
    if isinf(value) or not -float(limit) - 1.0 < value < float(limit) * (1.0 if limit < 2**63 else 2.0):
        raise EvaluationError(f"casts {value!r}, which does not fit {type_}")
    truncated = int(value)
    if truncated == limit == 2**63:
        return limit - 1
    if not -limit <= truncated < limit:
        raise EvaluationError(f"casts {value!r}, which does not fit {type_}")
    return truncated


def _is_not_zero(value: float) -> bool:
    return value != 0


def _to_decimal(source: str, java: int | None) -> Cast | None:
    if is_integral(source) or source == "boolean":
        return _decimal_from_int
    if is_floating(source):
        # A description of an older version does not name the version of Java.
        return partial(_decimal_from_float, choose_text_function("double", java) if java else repr)
    if source == "string":
        return _parse_decimal
    return _return_unchanged if parse_decimal_type(source) is not None else None


def _decimal_from_int(value: int) -> Decimal:
    return Decimal(int(value))


def _decimal_from_float(write: Callable[[float], str], value: float) -> Decimal | None:
    """Return the decimal of a number's text; None for NaN and infinities, as in Spark."""
    if not isfinite(value):
        return None
    return Decimal(write(value))


def _convert_and_fit(convert: Cast, fit: Cast, value: Any) -> Any:
    number = convert(value)
    return None if number is None else fit(number)


def _from_decimal(source: str, target: str) -> Cast | None:
    if target == "double":
        return float
    if target == "float":
        return _float_from_decimal
    if target == "string":
        _, scale = parse_decimal_type(source) or (0, 0)
        return f"{{:.{scale}f}}".format
    if target == "boolean":
        return _is_not_zero
    return partial(_truncate_decimal, target, INTEGER_RANGES[target]) if is_integral(target) else None


def _float_from_decimal(value: Decimal) -> float:
    return round_to_float(*value.as_integer_ratio())


def _truncate_decimal(type_: str, limit: int, value: Decimal) -> int:
    return _require_in_range(type_, limit, int(value))


def _from_string(source: str, target: str) -> Cast | None:
    if source != "string":
        return None
    if is_integral(target):
        return partial(_parse_integer, target, INTEGER_RANGES[target])
    return _STRING_CASTS.get(target)


def _make_invalid_error(value: str, type_: str) -> EvaluationError:
    shown = repr(value if len(value) <= 40 else value[:37] + "...")  # noqa: PLR2004
    return EvaluationError(f"casts {shown}, which is not a valid {type_}")


def _parse_integer(type_: str, limit: int, value: str) -> int:
    text = value.strip(BLANK)
    if not _INTEGER.fullmatch(text):
        raise _make_invalid_error(value, type_)
    digits = text.lstrip("+-").lstrip("0")
    number = int(digits or "0") if len(digits) < _MAX_DIGITS else limit * 2
    number = -number if text[0] == "-" else number
    if not -limit <= number < limit:
        raise _make_invalid_error(value, type_)
    return number


def _parse_double(value: str, type_: str = "double") -> float:
    text = value.strip(_JAVA_BLANK)
    if _DECIMAL_NUMBER.fullmatch(text):
        return float(text.rstrip("fFdD") if text[-1:] in "fFdD" else text)
    hexadecimal = _HEXADECIMAL_NUMBER.fullmatch(text)
    if hexadecimal:
        try:
            return float.fromhex(hexadecimal[1])
        except OverflowError:
            return float("-inf" if text[0] == "-" else "inf")
    name = text.lower()
    if name != "nan" and name not in _INFINITIES:
        raise _make_invalid_error(value, type_)
    return float(_INFINITIES.get(name, name))


def _parse_float(value: str) -> float:
    double = _parse_double(value, "float")
    text = value.strip(_JAVA_BLANK)
    if not isfinite(double) or not double or not _DECIMAL_NUMBER.fullmatch(text):
        return to_float(double)
    rounded = to_float(double)
    # Only a double halfway between two floats may have been rounded the wrong way.
    if rounded in (double, inf, -inf):
        return rounded
    number = Decimal(text.rstrip("fFdD"))
    return round_to_float(*number.as_integer_ratio()) if number.adjusted() > _MIN_EXPONENT else rounded


def _parse_decimal(value: str) -> Decimal:
    text = value.strip(_JAVA_BLANK)
    if not _EXACT_NUMBER.fullmatch(text):
        raise _make_invalid_error(value, "decimal")
    number = Decimal(text)
    if number and number.adjusted() < _MIN_EXPONENT:
        return decimals.ZERO
    if number.adjusted() > -_MIN_EXPONENT:
        raise _make_invalid_error(value, "decimal")
    return number


def _parse_boolean(value: str) -> bool:
    text = value.strip(BLANK).lower()
    if text not in _TRUE and text not in _FALSE:
        raise _make_invalid_error(value, "boolean")
    return text in _TRUE


def parse_date(value: str) -> date:
    """Return the date of a text: yyyy, yyyy-m or yyyy-m-d, then anything after a space or T.

    Raises:
        EvaluationError: The text is not a date, or is outside the years 1 to 9999.
    """
    match = _DATE.fullmatch(value.strip(BLANK))
    if match is None:
        raise _make_invalid_error(value, "date")
    year, month, day = (int(match[part] or "1") for part in ("year", "month", "day"))
    if match["sign"] == "-" or not 1 <= year <= 9999:  # noqa: PLR2004
        raise UnrepresentableError
    try:
        return date(year, month, day)
    except ValueError:
        raise _make_invalid_error(value, "date") from None


def _format_boolean(value: bool) -> str:
    return "true" if value else "false"


def _format_timestamp(value: datetime) -> str:
    text = value.isoformat(" ")
    return text.rstrip("0") if value.microsecond else text


def _to_midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001


_STRING_CASTS: dict[str, Cast] = {
    "double": _parse_double,
    "float": _parse_float,
    "boolean": _parse_boolean,
    "date": parse_date,
}
_BOOLEAN_AND_TIME_CASTS: dict[tuple[str, str], Cast] = {
    ("boolean", "string"): _format_boolean,
    **{("boolean", type_): int for type_ in INTEGER_RANGES},
    ("boolean", "float"): float,
    ("boolean", "double"): float,
    ("date", "string"): date.isoformat,
    ("date", "timestamp"): _to_midnight,
    ("timestamp", "date"): datetime.date,
    ("timestamp", "string"): _format_timestamp,
}
