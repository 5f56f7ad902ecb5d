"""Types of expressions: those of fields, and `decimal(precision,scale)`."""

from __future__ import annotations

import re

from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, NUMERIC_TYPES

MAX_PRECISION = 38
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
SIMPLE_TYPES = frozenset({*NUMERIC_TYPES, "string", "boolean", "date", "timestamp"})


def parse_decimal_type(type_: str) -> tuple[int, int] | None:
    """Return (precision, scale) of a decimal type; None for another type."""
    match = _DECIMAL.fullmatch(type_)
    if match is None:
        return None
    precision, scale = int(match[1]), int(match[2])
    return (precision, scale) if scale <= precision <= MAX_PRECISION and precision else None


def element_type(type_: str) -> str | None:
    """Return the type of the elements of an array type; None for another type."""
    return type_[6:-1] if type_.startswith("array<") and type_.endswith(">") else None


def is_simple(type_: str) -> bool:
    """Return whether it is the type of one value: a number, text, boolean, date or timestamp."""
    return type_ in SIMPLE_TYPES or parse_decimal_type(type_) is not None


def is_supported(type_: str) -> bool:
    """Return whether expressions may have this type: that of one value, or of an array of such values."""
    return is_simple(element_type(type_) or type_)


def is_integral(type_: str) -> bool:
    """Return whether it is an integer type."""
    return type_ in INTEGER_RANGES


def is_floating(type_: str) -> bool:
    """Return whether it is float or double."""
    return type_ in FLOATING_TYPES


def is_numeric(type_: str) -> bool:
    """Return whether it is a numeric type, decimals included."""
    return type_ in NUMERIC_TYPES or parse_decimal_type(type_) is not None
