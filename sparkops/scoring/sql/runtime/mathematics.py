"""Mathematical functions beyond those of `numeric`, by the formulas that Spark uses, and functions of bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from math import copysign, inf, isinf, nan
from typing import Any

from ...ir.field import INTEGER_RANGES
from . import decimals, numeric
from .evaluation_error import EvaluationError, UnrepresentableError

_MAX_FACTORIAL = 20
_MIN_BASE, _MAX_BASE, _UNSIGNED = 2, 36, 2**64
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LN2 = math.log(2.0)


def _log(value: float) -> float:
    """Return Java's logarithm: minus infinity at 0, NaN below."""
    if value == 0.0:
        return -inf
    return nan if value < 0.0 or value != value else math.log(value)  # noqa: PLR0124


def _sqrt(value: float) -> float:
    return nan if value < 0.0 else math.sqrt(value)


def acosh(value: float) -> float:
    """Return the inverse hyperbolic cosine by Spark's formula."""
    if isinf(value * value):
        return _log(value) + _LN2
    return _log(value + _sqrt(value * value - 1.0))


def asinh(value: float) -> float:
    """Return the inverse hyperbolic sine by Spark's formula, which is minus infinity for large negative numbers."""
    if isinf(value * value):
        return copysign(_log(abs(value)) + _LN2, value)
    return _log(value + _sqrt(value * value + 1.0))


def atanh(value: float) -> float:
    """Return the inverse hyperbolic tangent."""
    return 0.5 * (_log1p(value) - _log1p(-value))


def _log1p(value: float) -> float:
    if value == -1.0:
        return -inf
    return nan if value < -1.0 or value != value else math.log1p(value)  # noqa: PLR0124


def _make_inverse(function: Callable[[float], float]) -> Callable[[float], float]:
    def evaluate(value: float) -> float:
        if isinf(value):
            return nan
        result = function(value)
        return copysign(inf, result) if result == 0.0 else 1.0 / result

    return evaluate


def atan2(y: float, x: float) -> float:
    """Return the angle of a point."""
    return math.atan2(y + 0.0, x + 0.0)


def hypot(x: float, y: float) -> float:
    """Return the length of the hypotenuse."""
    return math.hypot(x, y)


MATH: dict[str, Callable[[float], float]] = {
    "acosh": acosh,
    "asinh": asinh,
    "atanh": atanh,
    "sec": _make_inverse(math.cos),
    "csc": _make_inverse(math.sin),
    "cot": _make_inverse(math.tan),
}


def factorial(value: int) -> int | None:
    """Return the factorial; None outside 0 to 20."""
    return math.factorial(value) if 0 <= value <= _MAX_FACTORIAL else None


def width_bucket(value: float, low: float, high: float, count: int) -> int | None:
    """Return the number of a value's bucket of equal width, 0 below the first; None for bounds without buckets."""
    invalid = count <= 0 or count == INTEGER_RANGES["long"] - 1 or value != value or low == high  # noqa: PLR0124
    if invalid or any(isinf(bound) or bound != bound for bound in (low, high)):  # noqa: PLR0124
        return None
    first, last = min(low, high), max(low, high)
    if low < high:
        if value < first:
            return 0
        return count + 1 if value >= last else int(count * (value - first) / (last - first)) + 1
    if value > last:
        return 0
    return count + 1 if value <= first else int(count * (last - value) / (last - first)) + 1


def make_float_round_function(places: int, *, even: bool) -> Callable[[float], float]:
    """Return the function that rounds a float in its shortest decimal notation in single precision."""
    import numpy as np

    rounded = numeric.make_round_function(places, even=even)

    def function(value: float) -> float:
        if value != value or isinf(value):  # noqa: PLR0124
            return value
        return numeric.to_float(rounded(float(str(np.float32(value)))))

    return function


def decimal_floor(value: Decimal) -> Decimal:
    """Return the largest integer up to a decimal."""
    return value.to_integral_value(ROUND_FLOOR) or decimals.ZERO


def decimal_ceil(value: Decimal) -> Decimal:
    """Return the smallest integer from a decimal on."""
    return value.to_integral_value(ROUND_CEILING) or decimals.ZERO


def decimal_pmod(left: Decimal, right: Decimal) -> Decimal:
    """Return Spark's `pmod` of decimals."""
    result = decimals.remainder(left, right)
    return decimals.remainder(decimals.add(result, right), right) if result < 0 else result


# Bits


def _to_signed(bits: int, value: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def shift_left(bits: int, value: int, count: int) -> int:
    """Return an integer shifted to the left; the count is taken modulo its bits, as in Java."""
    return _to_signed(bits, value << (count & (bits - 1)))


def shift_right(bits: int, value: int, count: int) -> int:
    """Return an integer shifted to the right with its sign."""
    return value >> (count & (bits - 1))


def shift_right_unsigned(bits: int, value: int, count: int) -> int:
    """Return an integer shifted to the right without its sign."""
    return _to_signed(bits, (value & ((1 << bits) - 1)) >> (count & (bits - 1)))


def bit_count(value: int) -> int:
    """Return the number of bits that are set; a negative number has 64 bits."""
    return (value & 0xFFFFFFFFFFFFFFFF).bit_count()


def get_bit(bits: int, value: int, position: int) -> int:
    """Return one bit.

    Raises:
        EvaluationError: The integer has no such bit.
    """
    if not 0 <= position < bits:
        raise EvaluationError(f"takes bit {position} of {bits}")
    return value >> position & 1


def attempt(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives None where it would raise EvaluationError."""
    return partial(_attempt, function)


def _attempt(function: Callable[..., Any], *values: Any) -> Any:
    try:
        return function(*values)
    except UnrepresentableError:
        raise
    except EvaluationError:
        return None


def convert_base(text: str, source: int, target: int) -> str | None:
    """Return an integer of 64 bits in another base; None where a base is not within 2 and 36, or the text is empty.

    A negative target base stands for a signed result. What follows the last digit is ignored.

    Raises:
        EvaluationError: The integer has more than 64 bits.
    """
    text = text.strip(" ")
    if not _MIN_BASE <= source <= _MAX_BASE or not _MIN_BASE <= abs(target) <= _MAX_BASE or not text:
        return None
    negative = text[0] == "-"
    value = 0
    for letter in text[1:] if negative else text:
        digit = _DIGITS.find(letter.lower()) if letter.isascii() else -1
        if not 0 <= digit < source:
            break
        value = value * source + digit
        if value >= _UNSIGNED:
            raise EvaluationError(f"converts `{text}`, which has more than 64 bits")
    if negative and target > 0:
        value = _UNSIGNED - 1 if value >= _UNSIGNED // 2 else -value % _UNSIGNED
    if target < 0 and value >= _UNSIGNED // 2:
        value, negative = _UNSIGNED - value, True
    digits = _write_digits(value, abs(target))
    return f"-{digits}" if negative and target < 0 else digits


def _write_digits(value: int, base: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = _DIGITS[digit].upper() + digits
    return digits or "0"
