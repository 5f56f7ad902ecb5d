"""Constants of an expression: text in a description, typed values when it runs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..ir.field import WHOLE_RANGES
from .runtime.numeric import single
from .types import decimal_of

_MOST = 400  # characters of a number


def write(value: Any, kind: str) -> Any:
    """Return a constant as a description holds it: doubles as hexadecimal text, dates as ISO text."""
    if value is None or kind in ("string", "boolean") or kind in WHOLE_RANGES:
        return value
    if kind in ("float", "double"):
        return float(value).hex()
    return str(value) if decimal_of(kind) else value.isoformat()


def read(value: Any, kind: str) -> Any:
    """Return the constant that a description holds.

    Raises:
        ValueError: It is none of this type.
    """
    if value is None:
        return None
    if kind in WHOLE_RANGES:
        limit = WHOLE_RANGES[kind]
        if type(value) is not int or not -limit <= value < limit:
            raise ValueError(f"{value!r} is no {kind}")
        return value
    if kind == "boolean":
        if type(value) is not bool:
            raise ValueError(f"{value!r} is no boolean")
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004
    return value if kind == "string" else _typed(value, kind)


def _typed(value: str, kind: str) -> Any:
    if len(value) > _MOST:
        raise ValueError("a number of so many digits")
    if kind in ("float", "double"):
        number = _from_hex(value)
        if kind == "float" and number == number and single(number) != number:  # noqa: PLR0124
            raise ValueError(f"{value} is no float")
        return number
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "timestamp":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            raise ValueError(f"{value} has a time zone")
        return moment
    digits = decimal_of(kind)
    if digits is None:
        raise ValueError(f"a constant of type {kind}")
    return _decimal(value, *digits)


def _from_hex(value: str) -> float:
    try:
        return float.fromhex(value)
    except OverflowError:
        raise ValueError(f"{value} is no double") from None


def _decimal(value: str, precision: int, scale: int) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is no decimal") from None
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or -exponent > scale or len(digits) + exponent > precision - scale:
        raise ValueError(f"{value!r} does not fit decimal({precision},{scale})")
    return number or Decimal(0)
