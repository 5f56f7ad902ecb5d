"""Decimal arithmetic as in Spark: computed exactly, then rounded half up to the scale of the result type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from ..types import MAX_PRECISION
from .evaluation_error import EvaluationError

_UNROUNDED = Context(prec=400, Emin=-100_000, Emax=100_000)
# A quotient of two numbers of 38 digits is a tie at the 38th place, or differs from one within its first 120 digits.
_QUOTIENT_CONTEXT = Context(prec=120, rounding=ROUND_DOWN, Emin=-100_000, Emax=100_000)
_QUOTIENT_UNIT = Decimal(1).scaleb(-MAX_PRECISION)
ZERO = Decimal(0)


def make_fit_function(precision: int, scale: int) -> Callable[[Decimal], Decimal]:
    """Return the function that rounds a value half up to the scale of a type.

    It raises where the precision does not suffice.
    """
    unit, limit = Decimal(1).scaleb(-scale), Decimal(1).scaleb(precision - scale)

    def fit(value: Decimal) -> Decimal:
        rounded = value.quantize(unit, ROUND_HALF_UP, _UNROUNDED)
        if not -limit < rounded < limit:
            raise EvaluationError(f"does not fit decimal({precision},{scale})")
        return rounded or ZERO

    return fit


def add(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact sum."""
    return _UNROUNDED.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference."""
    return _UNROUNDED.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact product."""
    return _UNROUNDED.multiply(left, right)


def divide(left: Decimal, right: Decimal) -> Decimal:
    """Return the quotient, rounded half down at 38 decimal places as in Spark."""
    if not right:
        raise EvaluationError("divides by zero")
    return _QUOTIENT_CONTEXT.divide(left, right).quantize(_QUOTIENT_UNIT, ROUND_HALF_DOWN, _UNROUNDED)


def remainder(left: Decimal, right: Decimal) -> Decimal:
    """Return the remainder, with the sign of the dividend."""
    if not right:
        raise EvaluationError("divides by zero")
    return _UNROUNDED.remainder(left, right)


def integer_divide(left: Decimal, right: Decimal) -> int:
    """Return the integral part of the quotient."""
    if not right:
        raise EvaluationError("divides by zero")
    return int(_UNROUNDED.divide_int(left, right))


def make_round_function(places: int, *, even: bool = False) -> Callable[[Decimal], Decimal]:
    """Return the function that rounds half up, or half even, to decimal places."""
    mode, unit = ROUND_HALF_EVEN if even else ROUND_HALF_UP, Decimal(1).scaleb(-places)
    return lambda value: value.quantize(unit, mode, _UNROUNDED) or ZERO


def negate(value: Decimal) -> Decimal:
    """Return the negated value; never a negative 0."""
    return -value if value else ZERO
