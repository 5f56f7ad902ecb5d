"""Arithmetic and mathematics of Java on Python's numbers; null in gives null out at the caller."""

from __future__ import annotations

import math
from collections.abc import Callable
from ctypes import c_float
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from math import copysign, inf, isinf, nan
from typing import Any

from ...ir.field import WHOLE_RANGES
from .evaluation_error import Fault

_WIDE = Context(prec=800)
_EXACT = 2**53
_SINGLE_BITS = 24


def single(value: float) -> float:
    """Return a double rounded to a float."""
    return c_float(value).value


def single_of_whole(value: int) -> float:
    """Return a whole number rounded once to a float."""
    if -_EXACT <= value <= _EXACT:
        return c_float(value).value
    size = abs(value)
    shift = size.bit_length() - _SINGLE_BITS
    kept, rest = divmod(size, 1 << shift)
    half = 1 << (shift - 1)
    kept += rest > half or (rest == half and kept & 1)
    return math.ldexp(float(kept), shift) if value > 0 else -math.ldexp(float(kept), shift)


def overflow(kind: str) -> Callable[[Any], Any]:
    """Return what raises the fault of a whole number out of its type's range."""

    def problem(value: Any) -> Any:
        raise Fault(f"overflows {kind} ({value})")

    return problem


def divide(left: float, right: float) -> float:
    """Return the quotient; 0 as divisor is a fault."""
    if right == 0.0:
        raise Fault("divides by zero")
    return left / right


def whole_quotient(left: int, right: int) -> int:
    """Return the quotient, cut towards 0."""
    if right == 0:
        raise Fault("divides by zero")
    result = abs(left) // abs(right)
    result = -result if (left < 0) != (right < 0) else result
    if result == WHOLE_RANGES["long"]:
        raise Fault(f"overflows long ({result})")
    return result


def whole_remainder(left: int, right: int) -> int:
    """Return the remainder, with the sign of the dividend."""
    if right == 0:
        raise Fault("divides by zero")
    result = abs(left) % abs(right)
    return -result if left < 0 else result


def real_remainder(left: float, right: float) -> float:
    """Return Java's remainder of doubles."""
    if right == 0.0:
        raise Fault("divides by zero")
    return nan if isinf(left) else math.fmod(left, right)


def positive_whole(left: int, right: int) -> int:
    """Return Spark's `pmod` of whole numbers."""
    result = whole_remainder(left, right)
    return whole_remainder(result + right, right) if result < 0 else result


def positive_real(left: float, right: float) -> float:
    """Return Spark's `pmod` of doubles."""
    result = real_remainder(left, right)
    return real_remainder(result + right, right) if result < 0 else result


def _guarded(function: Callable[[float], float], over: Callable[[float], float]) -> Callable[[float], float]:
    def guarded(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return over(value)
        except ValueError:
            return nan

    return guarded


def _above(low: float, function: Callable[[float], float]) -> Callable[[float], float | None]:
    """Return a logarithm that is null where Spark's is."""

    def guarded(value: float) -> float | None:
        return None if value <= low else function(value)

    return guarded


def _infinite(_: float) -> float:
    return inf


def _signed(value: float) -> float:
    return copysign(inf, value)


def _rint(value: float) -> float:
    return value if isinf(value) or value != value else copysign(float(round(value)), value)  # noqa: PLR0124


def _signum(value: float) -> float:
    return value if value == 0.0 or value != value else copysign(1.0, value)  # noqa: PLR0124


def _cube_root(value: float) -> float:
    return math.cbrt(value)


MATH: dict[str, Callable[[float], float | None]] = {
    "sqrt": _guarded(math.sqrt, _infinite),
    "cbrt": _cube_root,
    "exp": _guarded(math.exp, _infinite),
    "expm1": _guarded(math.expm1, _infinite),
    "ln": _above(0.0, math.log),
    "log10": _above(0.0, math.log10),
    "log2": _above(0.0, lambda value: math.log(value) / math.log(2.0)),
    "log1p": _above(-1.0, math.log1p),
    "sin": _guarded(math.sin, _infinite),
    "cos": _guarded(math.cos, _infinite),
    "tan": _guarded(math.tan, _infinite),
    "asin": _guarded(math.asin, _infinite),
    "acos": _guarded(math.acos, _infinite),
    "atan": math.atan,
    "sinh": _guarded(math.sinh, _signed),
    "cosh": _guarded(math.cosh, _infinite),
    "tanh": math.tanh,
    "degrees": math.degrees,
    "radians": math.radians,
    "rint": _rint,
    "signum": _signum,
}
NULLABLE = frozenset({"ln", "log10", "log2", "log1p"})


def power(left: float, right: float) -> float:
    """Return Java's power: NaN to the power 0 is 1, 1 to the power NaN is NaN."""
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
    """Return the logarithm to a base; null where either is not above 0."""
    if base <= 0.0 or value <= 0.0:
        return None
    over, under = math.log(value), math.log(base)
    if under == 0.0:
        return nan if over == 0.0 or over != over else copysign(inf, over)  # noqa: PLR0124
    return over / under


def floor(value: float) -> int:
    """Return the whole number below, cut to the range of long; NaN gives 0."""
    return _cut(value, math.floor)


def ceil(value: float) -> int:
    """Return the whole number above, cut to the range of long; NaN gives 0."""
    return _cut(value, math.ceil)


def _cut(value: float, function: Callable[[float], int]) -> int:
    if -9e18 < value < 9e18:  # noqa: PLR2004
        return function(value)
    if value != value:  # noqa: PLR0124
        return 0
    limit = WHOLE_RANGES["long"]
    return (
        max(-limit, min(limit - 1, int(value))) if not isinf(value) else (limit - 1 if value > 0 else -limit)
    )


def rounding(places: int, *, even: bool = False) -> Callable[[float], float]:
    """Return what rounds a double half up, or half even, as its shortest text reads."""
    mode, unit = ROUND_HALF_EVEN if even else ROUND_HALF_UP, Decimal(1).scaleb(-places)

    def rounded(value: float) -> float:
        if value != value or isinf(value):  # noqa: PLR0124
            return value
        return float(Decimal(repr(value)).quantize(unit, mode, _WIDE)) or 0.0

    return rounded


def whole_rounded(value: int, places: int, *, even: bool = False) -> int:
    """Return a whole number rounded to places before the point."""
    if places >= 0:
        return value
    mode = ROUND_HALF_EVEN if even else ROUND_HALF_UP
    return int(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=mode, context=_WIDE))


def greatest(values: tuple[Any, ...]) -> Any:
    """Return the largest value that is not null; NaN is the largest number, the first of equals is kept."""
    best = None
    for value in values:
        if value is not None and (best is None or value > best or (value != value and best == best)):  # noqa: PLR0124
            best = value
    return best


def least(values: tuple[Any, ...]) -> Any:
    """Return the smallest value that is not null; NaN is the largest number, the first of equals is kept."""
    best = None
    for value in values:
        if value is not None and (best is None or value < best or (best != best and value == value)):  # noqa: PLR0124
            best = value
    return best
