"""Types of expressions: those of fields, and `decimal(precision,scale)`."""

from __future__ import annotations

import re

from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, NUMERIC_TYPES

MAX_PRECISION = 38
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
SIMPLE_TYPES = frozenset({*NUMERIC_TYPES, "string", "boolean", "date", "timestamp"})


def parse_decimal_type(kind: str) -> tuple[int, int] | None:
    """Return (precision, scale) of a decimal type; None for another type."""
    match = _DECIMAL.fullmatch(kind)
    if match is None:
        return None
    precision, scale = int(match[1]), int(match[2])
    return (precision, scale) if scale <= precision <= MAX_PRECISION and precision else None


def is_supported(kind: str) -> bool:
    """Return whether expressions may have this type."""
    return kind in SIMPLE_TYPES or parse_decimal_type(kind) is not None


def is_integral(kind: str) -> bool:
    """Return whether it is an integer type."""
    return kind in INTEGER_RANGES


def is_floating(kind: str) -> bool:
    """Return whether it is float or double."""
    return kind in FLOATING_TYPES


def is_numeric(kind: str) -> bool:
    """Return whether it is a numeric type, decimals included."""
    return kind in NUMERIC_TYPES or parse_decimal_type(kind) is not None
