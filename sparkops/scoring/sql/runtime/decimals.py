"""Decimal arithmetic as Spark does it: exact, then rounded half up to the type's scale."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from .evaluation_error import Fault
from ..types import MOST_DIGITS

_WIDE = Context(prec=400, Emin=-100_000, Emax=100_000)
# a quotient of 38 digits by 38 digits differs from a tie at 38 places by more than its 120th digit, or not at all
_EXACT = Context(prec=120, rounding=ROUND_DOWN, Emin=-100_000, Emax=100_000)
_QUOTIENT = Decimal(1).scaleb(-MOST_DIGITS)
ZERO = Decimal(0)


def fitting(precision: int, scale: int) -> Callable[[Decimal], Decimal]:
    """Return what gives a value the digits of its type; more whole digits than the type has are a fault."""
    unit, limit = Decimal(1).scaleb(-scale), Decimal(1).scaleb(precision - scale)

    def fit(value: Decimal) -> Decimal:
        made = value.quantize(unit, ROUND_HALF_UP, _WIDE)
        if not -limit < made < limit:
            raise Fault(f"does not fit decimal({precision},{scale})")
        return made or ZERO

    return fit


def add(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact sum."""
    return _WIDE.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference."""
    return _WIDE.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact product."""
    return _WIDE.multiply(left, right)


def divide(left: Decimal, right: Decimal) -> Decimal:
    """Return the quotient with Spark's 38 digits after the point, or a fault for a divisor of 0."""
    if not right:
        raise Fault("divides by zero")
    return _EXACT.divide(left, right).quantize(_QUOTIENT, ROUND_HALF_DOWN, _WIDE)


def remainder(left: Decimal, right: Decimal) -> Decimal:
    """Return the remainder, with the sign of the dividend."""
    if not right:
        raise Fault("divides by zero")
    return _WIDE.remainder(left, right)


def whole_quotient(left: Decimal, right: Decimal) -> int:
    """Return the whole part of the quotient."""
    if not right:
        raise Fault("divides by zero")
    return int(_WIDE.divide_int(left, right))


def rounding(places: int, *, even: bool = False) -> Callable[[Decimal], Decimal]:
    """Return what rounds a value half up, or half even, to places after the point."""
    mode, unit = ROUND_HALF_EVEN if even else ROUND_HALF_UP, Decimal(1).scaleb(-places)
    return lambda value: value.quantize(unit, mode, _WIDE) or ZERO


def negate(value: Decimal) -> Decimal:
    """Return a value with the other sign; 0 has none."""
    return -value if value else ZERO
