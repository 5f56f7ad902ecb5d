"""Arithmetic and mathematical functions with Java's results on Python's numbers. Callers handle null."""

from __future__ import annotations

import math
from collections.abc import Callable
from ctypes import c_float
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from math import copysign, inf, isinf, nan
from typing import Any

from ...ir.field import INTEGER_RANGES
from .evaluation_error import EvaluationError

# `quantize` refuses results with more digits than the context has.
_UNROUNDED = Context(prec=800)
# Every integer up to this is a double.
_MAX_EXACT_INTEGER = 2**53
# Bits of the mantissa of a single-precision float.
_FLOAT_BITS = 24


def to_float(value: float) -> float:
    """Return a double rounded to single precision."""
    return c_float(value).value


def int_to_float(value: int) -> float:
    """Return an integer rounded to single precision directly, because rounding to a double first would round twice."""
    if -_MAX_EXACT_INTEGER <= value <= _MAX_EXACT_INTEGER:
        return c_float(value).value
    size = abs(value)
    shift = size.bit_length() - _FLOAT_BITS
    mantissa, rest = divmod(size, 1 << shift)
    half = 1 << (shift - 1)
    mantissa += rest > half or (rest == half and mantissa & 1)
    return math.ldexp(float(mantissa), shift) if value > 0 else -math.ldexp(float(mantissa), shift)


def make_overflow_refusal(type_: str) -> Callable[[Any], Any]:
    """Return the function that raises EvaluationError for an integer outside the range of its type."""

    def overflow(value: Any) -> Any:
        raise EvaluationError(f"overflows {type_} ({value})")

    return overflow


def divide(left: float, right: float) -> float:
    """Return the quotient.

    Raises:
        EvaluationError: The divisor is 0.
    """
    if right == 0.0:
        raise EvaluationError("divides by zero")
    return left / right


def integer_divide(left: int, right: int) -> int:
    """Return the quotient, truncated towards 0.

    Raises:
        EvaluationError: The divisor is 0, or the quotient is 2**63.
    """
    if right == 0:
        raise EvaluationError("divides by zero")
    result = abs(left) // abs(right)
    result = -result if (left < 0) != (right < 0) else result
    if result == INTEGER_RANGES["long"]:
        raise EvaluationError(f"overflows long ({result})")
    return result


def integer_remainder(left: int, right: int) -> int:
    """Return the remainder, with the sign of the dividend.

    Raises:
        EvaluationError: The divisor is 0.
    """
    if right == 0:
        raise EvaluationError("divides by zero")
    result = abs(left) % abs(right)
    return -result if left < 0 else result


def float_remainder(left: float, right: float) -> float:
    """Return the remainder of doubles as Java's `%` does."""
    if right == 0.0:
        raise EvaluationError("divides by zero")
    return nan if isinf(left) else math.fmod(left, right)


def integer_pmod(left: int, right: int) -> int:
    """Return Spark's `pmod` of integers."""
    result = integer_remainder(left, right)
    return integer_remainder(result + right, right) if result < 0 else result


def float_pmod(left: float, right: float) -> float:
    """Return Spark's `pmod` of doubles."""
    result = float_remainder(left, right)
    return float_remainder(result + right, right) if result < 0 else result


def _make_total_function(
    function: Callable[[float], float], on_overflow: Callable[[float], float]
) -> Callable[[float], float]:
    """Return a function that never raises: NaN outside the domain, the value of `on_overflow` on overflow."""

    def evaluate(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return on_overflow(value)
        except ValueError:
            return nan

    return evaluate


def _make_null_up_to(low: float, function: Callable[[float], float]) -> Callable[[float], float | None]:
    """Return a logarithm that is null for values up to `low`, as in Spark."""

    def evaluate(value: float) -> float | None:
        return None if value <= low else function(value)

    return evaluate


def _positive_infinity(_: float) -> float:
    return inf


def _signed_infinity(value: float) -> float:
    return copysign(inf, value)


def _rint(value: float) -> float:
    return value if isinf(value) or value != value else copysign(float(round(value)), value)  # noqa: PLR0124


def _signum(value: float) -> float:
    return value if value == 0.0 or value != value else copysign(1.0, value)  # noqa: PLR0124


MATH: dict[str, Callable[[float], float | None]] = {
    "sqrt": _make_total_function(math.sqrt, _positive_infinity),
    "cbrt": math.cbrt,
    "exp": _make_total_function(math.exp, _positive_infinity),
    "expm1": _make_total_function(math.expm1, _positive_infinity),
    "ln": _make_null_up_to(0.0, math.log),
    "log10": _make_null_up_to(0.0, math.log10),
    "log2": _make_null_up_to(0.0, lambda value: math.log(value) / math.log(2.0)),
    "log1p": _make_null_up_to(-1.0, math.log1p),
    "sin": _make_total_function(math.sin, _positive_infinity),
    "cos": _make_total_function(math.cos, _positive_infinity),
    "tan": _make_total_function(math.tan, _positive_infinity),
    "asin": _make_total_function(math.asin, _positive_infinity),
    "acos": _make_total_function(math.acos, _positive_infinity),
    "atan": math.atan,
    "sinh": _make_total_function(math.sinh, _signed_infinity),
    "cosh": _make_total_function(math.cosh, _positive_infinity),
    "tanh": math.tanh,
    "degrees": math.degrees,
    "radians": math.radians,
    "rint": _rint,
    "signum": _signum,
}
NULLABLE = frozenset({"ln", "log10", "log2", "log1p"})


def power(left: float, right: float) -> float:
    """Return a power as Java's Math.pow does: NaN to the power 0 is 1, 1 to the power NaN is NaN."""
    if right == 0.0:
        return 1.0
    if right != right or (isinf(right) and abs(left) == 1.0):  # noqa: PLR0124
        return nan
    try:
        return math.pow(left, right)
    except OverflowError:
        return -inf if left < 0.0 and math.fmod(right, 2.0) else inf
    except ValueError:
        if left == 0.0:
            return copysign(inf, left) if math.fmod(right, 2.0) in (1.0, -1.0) else inf
        return nan


def log_of(base: float, value: float) -> float | None:
    """Return the logarithm to a base; null unless both are positive."""
    if base <= 0.0 or value <= 0.0:
        return None
    numerator, denominator = math.log(value), math.log(base)
    if denominator == 0.0:
        return nan if numerator == 0.0 or numerator != numerator else copysign(inf, numerator)  # noqa: PLR0124
    return numerator / denominator


def floor(value: float) -> int:
    """Return the floor, clamped to the range of long; 0 for NaN."""
    return _clamp_to_long(value, math.floor)


def ceil(value: float) -> int:
    """Return the ceiling, clamped to the range of long; 0 for NaN."""
    return _clamp_to_long(value, math.ceil)


def _clamp_to_long(value: float, function: Callable[[float], int]) -> int:
    if -9e18 < value < 9e18:  # noqa: PLR2004
        return function(value)
    if value != value:  # noqa: PLR0124
        return 0
    limit = INTEGER_RANGES["long"]
    if isinf(value):
        return limit - 1 if value > 0 else -limit
    return max(-limit, min(limit - 1, int(value)))


def make_round_function(places: int, *, even: bool = False) -> Callable[[float], float]:
    """Return the function that rounds a double half up, or half even, in its shortest decimal notation.

    Args:
        places: Decimal places; may be negative.
        even: Round half even.
    """
    mode, unit = ROUND_HALF_EVEN if even else ROUND_HALF_UP, Decimal(1).scaleb(-places)

    def round_value(value: float) -> float:
        if value != value or isinf(value):  # noqa: PLR0124
            return value
        return float(Decimal(repr(value)).quantize(unit, mode, _UNROUNDED)) or 0.0

    return round_value


def round_integer(value: int, places: int, *, even: bool = False) -> int:
    """Return an integer rounded to a negative number of decimal places."""
    if places >= 0:
        return value
    mode = ROUND_HALF_EVEN if even else ROUND_HALF_UP
    return int(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=mode, context=_UNROUNDED))


def greatest(values: tuple[Any, ...]) -> Any:
    """Return the largest value that is not null; NaN is the largest number, the first of equal values wins."""
    best = None
    for value in values:
        if value is not None and (best is None or value > best or (value != value and best == best)):  # noqa: PLR0124
            best = value
    return best


def least(values: tuple[Any, ...]) -> Any:
    """Return the smallest value that is not null; NaN is the largest number, the first of equal values wins."""
    best = None
    for value in values:
        if value is not None and (best is None or value < best or (best != best and value == value)):  # noqa: PLR0124
            best = value
    return best
