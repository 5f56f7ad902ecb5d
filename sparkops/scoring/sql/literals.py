"""Literals: constants as JSON values in a description, typed Python values at run time."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..ir.field import INTEGER_RANGES
from .runtime.numeric import to_float
from .types import parse_decimal_type

# Characters of a number, a date or a timestamp.
_MAX_LENGTH = 400


def encode_literal(value: Any, type_: str) -> Any:
    """Return the JSON value of a constant.

    Doubles become hexadecimal text, dates and timestamps ISO text, decimals text.
    """
    if value is None or type_ in ("string", "boolean") or type_ in INTEGER_RANGES:
        return value
    if type_ in ("float", "double"):
        return float(value).hex()
    return str(value) if parse_decimal_type(type_) else value.isoformat()


def decode_literal(value: Any, type_: str) -> Any:
    """Return the constant of a JSON value.

    Raises:
        ValueError: The value is not a constant of this type.
    """
    if value is None:
        return None
    if type_ in INTEGER_RANGES:
        limit = INTEGER_RANGES[type_]
        if type(value) is not int or not -limit <= value < limit:
            raise ValueError(f"{value!r} is not of type {type_}")
        return value
    if type_ == "boolean":
        if type(value) is not bool:
            raise ValueError(f"{value!r} is not a boolean")
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a string")  # noqa: TRY004
    return value if type_ == "string" else _decode_text(value, type_)


def _decode_text(value: str, type_: str) -> Any:
    if len(value) > _MAX_LENGTH:
        raise ValueError(f"it has more than {_MAX_LENGTH} characters")
    if type_ in ("float", "double"):
        number = _parse_hex(value)
        if type_ == "float" and number == number and to_float(number) != number:  # noqa: PLR0124
            raise ValueError(f"{value} is not a float")
        return number
    if type_ == "date":
        return date.fromisoformat(value)
    if type_ == "timestamp":
        timestamp = datetime.fromisoformat(value)
        if timestamp.tzinfo is not None:
            raise ValueError(f"{value} has a time zone")
        return timestamp
    digits = parse_decimal_type(type_)
    if digits is None:
        raise ValueError(f"type {type_} has no constants")
    return _parse_decimal(value, *digits)


def _parse_hex(value: str) -> float:
    try:
        return float.fromhex(value)
    except OverflowError:
        raise ValueError(f"{value} is not a double") from None


def _parse_decimal(value: str, precision: int, scale: int) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a decimal") from None
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or -exponent > scale or len(digits) + exponent > precision - scale:
        raise ValueError(f"{value!r} does not fit decimal({precision},{scale})")
    return number or Decimal(0)
