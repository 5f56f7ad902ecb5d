"""Casts between simple types with Spark's ANSI semantics: a value that does not fit the target type raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from math import isinf
from typing import Any

from ...ir.field import INTEGER_RANGES
from ..types import is_floating, is_integral, parse_decimal_type
from . import decimals
from .evaluation_error import EvaluationError
from .numeric import int_to_float, to_float

# White space that Spark trims: control characters, space and delete.
_BLANK = "".join(map(chr, (*range(0x21), 0x7F)))
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
_DATE = re.compile(r"([+-]?)([0-9]{4,7})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T].*)?)?)?", re.DOTALL)
_TRUE, _FALSE = frozenset(("t", "true", "y", "yes", "1")), frozenset(("f", "false", "n", "no", "0"))
# Longer texts exceed every integer type; converting them to an integer takes quadratic time.
_MAX_DIGITS = 400

Cast = Callable[[Any], Any]


def cast_function(source: str, target: str) -> Cast | None:
    """Return the function of a cast; None where Spark has no such cast, or its result cannot be reproduced exactly."""
    if source == target:
        return _identity
    digits = parse_decimal_type(target)
    if digits is not None:
        convert = _to_decimal(source)
        return None if convert is None else partial(_convert_and_fit, convert, decimals.fit_function(*digits))
    if parse_decimal_type(source) is not None:
        return _from_decimal(target)
    if is_integral(source) or is_floating(source):
        return _from_number(source, target)
    return _BOOLEAN_AND_TIME_CASTS.get((source, target)) or _from_string(source, target)


def _identity(value: Any) -> Any:
    return value


def _from_number(source: str, target: str) -> Cast | None:
    if is_integral(target):
        if is_integral(source):
            widens = INTEGER_RANGES[target] >= INTEGER_RANGES[source]
            return _identity if widens else partial(_in_range, target, INTEGER_RANGES[target])
        return partial(_truncate, target, INTEGER_RANGES[target])
    if target == "double":
        return float if is_integral(source) else _identity
    if target == "float":
        return int_to_float if is_integral(source) else to_float
    if target == "boolean":
        return _is_not_zero
    return str if target == "string" and is_integral(source) else None


def _in_range(type_: str, limit: int, value: int) -> int:
    if not -limit <= value < limit:
        raise EvaluationError(f"casts {value}, which does not fit {type_}")
    return value


def _truncate(type_: str, limit: int, value: float) -> int:
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


def _to_decimal(source: str) -> Cast | None:
    if is_integral(source) or source == "boolean":
        return _decimal_from_int
    if source == "double":
        return _decimal_from_float
    return _identity if parse_decimal_type(source) is not None else None


def _decimal_from_int(value: int) -> Decimal:
    return Decimal(int(value))


def _decimal_from_float(value: float) -> Decimal:
    if isinf(value) or value != value:  # noqa: PLR0124
        raise EvaluationError(f"casts {value!r} to a decimal")
    return Decimal(repr(value))


def _convert_and_fit(convert: Cast, fit: Cast, value: Any) -> Any:
    return fit(convert(value))


def _from_decimal(target: str) -> Cast | None:
    if target == "double":
        return float
    if target == "boolean":
        return _is_not_zero
    return partial(_truncate_decimal, target, INTEGER_RANGES[target]) if is_integral(target) else None


def _truncate_decimal(type_: str, limit: int, value: Decimal) -> int:
    return _in_range(type_, limit, int(value))


def _from_string(source: str, target: str) -> Cast | None:
    if source != "string":
        return None
    if is_integral(target):
        return partial(_parse_integer, target, INTEGER_RANGES[target])
    return {"double": _parse_double, "boolean": _parse_boolean, "date": parse_date}.get(target)


def _invalid(value: str, type_: str) -> EvaluationError:
    shown = repr(value if len(value) <= 40 else value[:37] + "...")  # noqa: PLR2004
    return EvaluationError(f"casts {shown}, which is not a valid {type_}")


def _parse_integer(type_: str, limit: int, value: str) -> int:
    text = value.strip(_BLANK)
    if not _INTEGER.fullmatch(text):
        raise _invalid(value, type_)
    digits = text.lstrip("+-").lstrip("0")
    number = int(digits or "0") if len(digits) < _MAX_DIGITS else limit * 2
    number = -number if text[0] == "-" else number
    if not -limit <= number < limit:
        raise _invalid(value, type_)
    return number


def _parse_double(value: str) -> float:
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
        raise _invalid(value, "double")
    return float(_INFINITIES.get(name, name))


def _parse_boolean(value: str) -> bool:
    text = value.strip(_BLANK).lower()
    if text not in _TRUE and text not in _FALSE:
        raise _invalid(value, "boolean")
    return text in _TRUE


def parse_date(value: str) -> date:
    """Return the date of a text: yyyy, yyyy-m or yyyy-m-d, then anything after a space or T.

    Raises:
        EvaluationError: The text is not a date, or is outside the years 1 to 9999.
    """
    match = _DATE.fullmatch(value.strip(_BLANK))
    if match is None:
        raise _invalid(value, "date")
    year, month, day = (int(match[group] or "1") for group in (2, 3, 4))
    try:
        return date(-year if match[1] == "-" else year, month, day)
    except ValueError:
        raise _invalid(value, "date") from None


def _boolean_text(value: bool) -> str:
    return "true" if value else "false"


def _timestamp_text(value: datetime) -> str:
    text = value.isoformat(" ")
    return text.rstrip("0") if value.microsecond else text


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001


_BOOLEAN_AND_TIME_CASTS: dict[tuple[str, str], Cast] = {
    ("boolean", "string"): _boolean_text,
    **{("boolean", type_): int for type_ in INTEGER_RANGES},
    ("boolean", "float"): float,
    ("boolean", "double"): float,
    ("date", "string"): date.isoformat,
    ("date", "timestamp"): _midnight,
    ("timestamp", "date"): datetime.date,
    ("timestamp", "string"): _timestamp_text,
}
