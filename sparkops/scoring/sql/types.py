"""The types of expressions: the ones of fields, and decimals as `decimal(precision,scale)`."""

from __future__ import annotations

import re

from ..ir.field import NUMBERS, REALS, WHOLE_RANGES

MOST_DIGITS = 38
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
KINDS = frozenset({*NUMBERS, "string", "boolean", "date", "timestamp"})


def decimal_of(kind: str) -> tuple[int, int] | None:
    """Return precision and scale of a decimal type; None for another type."""
    match = _DECIMAL.fullmatch(kind)
    if match is None:
        return None
    precision, scale = int(match[1]), int(match[2])
    return (precision, scale) if scale <= precision <= MOST_DIGITS and precision else None


def known(kind: str) -> bool:
    """Tell whether expressions have values of this type."""
    return kind in KINDS or decimal_of(kind) is not None


def whole(kind: str) -> bool:
    """Tell whether it is a type of whole numbers."""
    return kind in WHOLE_RANGES


def real(kind: str) -> bool:
    """Tell whether it is a type of floating point."""
    return kind in REALS


def number(kind: str) -> bool:
    """Tell whether it is a type of numbers, decimals among them."""
    return kind in NUMBERS or decimal_of(kind) is not None
