"""Types of expressions: those of fields, and `decimal(precision,scale)`."""

from __future__ import annotations

from ...core.type_names import MAX_PRECISION, parse_element_type
from ...core.type_names import parse_decimal_digits as parse_decimal_type
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, NUMERIC_TYPES

__all__ = ["MAX_PRECISION", "parse_decimal_type", "parse_element_type"]
SIMPLE_TYPES = frozenset({*NUMERIC_TYPES, "string", "boolean", "date", "timestamp"})


def is_simple(type_: str) -> bool:
    """Return whether it is the type of one value: a number, text, boolean, date or timestamp."""
    return type_ in SIMPLE_TYPES or parse_decimal_type(type_) is not None


def is_key(type_: str) -> bool:
    """Return whether values of a type, equal in Spark exactly if they are equal in Python, are keys of a map."""
    return type_ in ("string", "boolean", "date", "timestamp") or type_ in INTEGER_RANGES


def is_supported(type_: str) -> bool:
    """Return whether expressions may have this type: that of one value, or of an array of such values."""
    return is_simple(parse_element_type(type_) or type_)


def is_integral(type_: str) -> bool:
    """Return whether it is an integer type."""
    return type_ in INTEGER_RANGES


def is_floating(type_: str) -> bool:
    """Return whether it is float or double."""
    return type_ in FLOATING_TYPES


def is_numeric(type_: str) -> bool:
    """Return whether it is a numeric type, decimals included."""
    return type_ in NUMERIC_TYPES or parse_decimal_type(type_) is not None
