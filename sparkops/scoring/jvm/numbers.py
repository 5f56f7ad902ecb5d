"""Java's text of doubles and floats: `Double.toString` and `Float.toString`.

Up to JDK 18 the text is sometimes a digit longer than needed, by the algorithm of Steele and White with a symmetric
stopping test (`FloatingDecimal.dtoa`). From JDK 19 on it is the shortest text that gives the number back, with at least
two digits.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_float
from functools import partial
from math import floor, inf, isinf
from struct import pack, unpack

import numpy as np

# The first JDK that writes the shortest text (JDK-4511638).
_FIRST_SHORTEST = 19
_FRACTION_BITS, _BIAS = 52, 1023
_FLOAT_FRACTION_BITS, _FLOAT_BIAS = 23, 127
# Integers with a larger binary exponent take the general algorithm.
_MAX_INTEGER_EXPONENT = 62
# Number of bits of 5**n, which decides between int, long and big integers in Java's code.
_FIVE_BITS = tuple((5**power).bit_length() if power else 0 for power in range(28))
# Decimal digits that a power of two beyond the precision makes insignificant: floor(p * log10(2)), as in Java's table.
_INSIGNIFICANT = (
    0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 9,
    10, 10, 10, 11, 11, 11, 12, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 17, 17, 17, 18, 18,
    18, 19,
)  # fmt: skip
# Decimal exponents of texts without an `E`.
_MAX_EXPONENT, _MIN_EXPONENT = 8, -3


def choose_text_function(type_: str, java: int) -> Callable[[float], str]:
    """Return the function that writes a double or a float as a version of Java does.

    Args:
        type_: "double" or "float".
        java: The version, such as 17.
    """
    if java >= _FIRST_SHORTEST:
        digits = _format_shortest_double if type_ == "double" else _format_shortest_float
    else:
        digits = _format_old_double if type_ == "double" else _format_old_float
    return partial(_to_text, digits)


def _to_text(find_digits: Callable[[float], tuple[str, int]], value: float) -> str:
    if value != value:  # noqa: PLR0124
        return "NaN"
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if value < 0 or (value == 0 and str(value)[0] == "-") else ""
    if value == 0:
        return f"{sign}0.0"
    digits, exponent = find_digits(abs(value))
    return sign + _place_point(digits, exponent)


def _place_point(digits: str, exponent: int) -> str:
    """Return the number 0.DIGITS times ten to the exponent as Java writes it."""
    if 0 < exponent < _MAX_EXPONENT:
        integral, fraction = digits[:exponent].ljust(exponent, "0"), digits[exponent:]
        return f"{integral}.{fraction or '0'}"
    if _MIN_EXPONENT < exponent <= 0:
        return f"0.{'0' * -exponent}{digits}"
    return f"{digits[0]}.{digits[1:] or '0'}E{exponent - 1}"


def _format_shortest_double(value: float) -> tuple[str, int]:
    digits, exponent = _split(repr(value))
    if len(digits) > 1:
        return digits, exponent
    # Java takes the closest of the texts of two digits where one would suffice.
    return _split(f"{value:.1e}")


def _format_shortest_float(value: float) -> tuple[str, int]:
    digits, exponent = _split(np.format_float_scientific(np.float32(value), unique=True))
    return (digits, exponent) if len(digits) > 1 else _split(f"{value:.1e}")


def _split(text: str) -> tuple[str, int]:
    """Return the significant digits of a number's text and the exponent of 0.DIGITS."""
    mantissa, _, power = text.partition("e")
    integral, _, fraction = mantissa.partition(".")
    digits = (integral + fraction).lstrip("0")
    leading = len(integral + fraction) - len(digits)
    return digits.rstrip("0"), len(integral) - leading + int(power or 0)


def _format_old_double(value: float) -> tuple[str, int]:
    bits = unpack("<Q", pack("<d", value))[0]
    fraction, exponent = bits & ((1 << _FRACTION_BITS) - 1), bits >> _FRACTION_BITS
    if exponent:
        return _dtoa(exponent - _BIAS, fraction | 1 << _FRACTION_BITS, _FRACTION_BITS + 1)
    significant = fraction.bit_length()
    shift = _FRACTION_BITS + 1 - significant
    return _dtoa(1 - shift - _BIAS, fraction << shift, significant)


def _format_old_float(value: float) -> tuple[str, int]:
    bits = unpack("<I", pack("<f", value))[0]
    fraction, exponent = bits & ((1 << _FLOAT_FRACTION_BITS) - 1), bits >> _FLOAT_FRACTION_BITS
    widen = _FRACTION_BITS - _FLOAT_FRACTION_BITS
    if exponent:
        fraction |= 1 << _FLOAT_FRACTION_BITS
        return _dtoa(exponent - _FLOAT_BIAS, fraction << widen, _FLOAT_FRACTION_BITS + 1)
    significant = fraction.bit_length()
    shift = _FLOAT_FRACTION_BITS + 1 - significant
    return _dtoa(1 - shift - _FLOAT_BIAS, (fraction << shift) << widen, significant)


def _dtoa(exponent: int, fraction: int, significant: int) -> tuple[str, int]:
    """Return the digits of `FloatingDecimal.dtoa`.

    Args:
        exponent: Binary exponent of the leading bit.
        fraction: 53 bits, the leading one set.
        significant: Number of bits that the number's format keeps.
    """
    trailing = (fraction & -fraction).bit_length() - 1
    count = _FRACTION_BITS + 1 - trailing
    tiny = max(0, count - exponent - 1)
    if 0 <= exponent <= _MAX_INTEGER_EXPONENT and tiny == 0:
        return _list_integer_digits(exponent, fraction, significant)
    decimal = _estimate_exponent(fraction, exponent)
    b5, s5 = max(0, -decimal), max(0, decimal)
    b2, s2 = b5 + tiny + exponent, s5 + tiny
    m2 = b2 - significant
    b2 -= count - 1
    common = min(b2, s2)
    b2, s2, m2 = b2 - common, s2 - common, m2 - common
    # The next smaller number of a power of two is half as far away.
    m2 -= count == 1
    if m2 < 0:
        b2, s2, m2 = b2 - m2, s2 - m2, 0
    size = count + b2 + (_FIVE_BITS[b5] if b5 < len(_FIVE_BITS) else b5 * 3)
    tens_size = s2 + 1 + (_FIVE_BITS[s5 + 1] if s5 + 1 < len(_FIVE_BITS) else (s5 + 1) * 3)
    bits = next((bits for bits in (32, 64) if size < bits and tens_size < bits), 0)
    numerator, denominator = (fraction >> trailing) * 5**b5 << b2, 5**s5 << s2
    return _develop(numerator, denominator, 5**b5 << m2, decimal, bits)


def _develop(value: int, scale: int, half: int, decimal: int, bits: int) -> tuple[str, int]:
    """Divide digit by digit until the remaining difference is below half a unit in the last place.

    Args:
        value: Numerator.
        scale: Denominator.
        half: Half a unit in the last place, scaled like the numerator.
        decimal: Estimate of the decimal exponent, at most one too large.
        bits: Bits of Java's int or long, which may overflow, and whose upper test is strict; 0 for big integers.
    """
    tens = scale * 10
    digits: list[int] = []
    low = high = False
    first = True
    while first or not (low or high):
        digit, value = divmod(value, scale)
        value *= 10
        half = _wrap(half * 10, bits)
        low = value < half
        high = _wrap(value + half, bits) > tens if bits else value + half >= tens
        if bits and half <= 0 and not first:
            low = high = True
        if first and digit == 0 and not high:
            decimal -= 1
        else:
            digits.append(digit)
        if first and not _MIN_EXPONENT <= decimal < _MAX_EXPONENT:
            # Java's text with an exponent has at least two digits.
            low = high = False
        first = False
    difference = _wrap(2 * value - tens, bits)
    if high and (not low or difference > 0 or (difference == 0 and digits[-1] & 1)):
        return _round_up(digits, decimal + 1)
    return "".join(map(str, digits)), decimal + 1


def _wrap(value: int, bits: int) -> int:
    """Return an integer as Java's int or long holds it; big integers have no bits."""
    if not bits:
        return value
    half = 1 << (bits - 1)
    return (value + half & (2 * half - 1)) - half


def _round_up(digits: list[int], exponent: int) -> tuple[str, int]:
    text = str(int("".join(map(str, digits))) + 1)
    if len(text) > len(digits):
        return text[:-1], exponent + 1
    return text.rjust(len(digits), "0"), exponent


def _list_integer_digits(exponent: int, fraction: int, significant: int) -> tuple[str, int]:
    shift = exponent - _FRACTION_BITS
    value = fraction << shift if shift >= 0 else fraction >> -shift
    drop = exponent - significant - 1
    insignificant = _INSIGNIFICANT[drop] if 1 < drop < len(_INSIGNIFICANT) else 0
    size = 0
    if insignificant:
        power = 10**insignificant
        value, rest = divmod(value, power)
        value += rest >= power >> 1
        size = insignificant
    text = str(value)
    return text.rstrip("0"), len(text) + size


def _estimate_exponent(fraction: int, exponent: int) -> int:
    mantissa = fraction / (1 << _FRACTION_BITS)
    return floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)


def round_to_float(numerator: int, denominator: int) -> float:
    """Return the single-precision number nearest to a fraction, which rounding to a double first would miss at ties."""
    try:
        double = numerator / denominator
    except OverflowError:
        return inf if (numerator < 0) == (denominator < 0) else -inf
    rounded = c_float(double).value
    other = float(np.nextafter(np.float32(rounded), np.float32(inf if double > rounded else -inf)))
    if rounded == double or isinf(rounded) or isinf(other) or (rounded + other) / 2 != double:
        return rounded
    # The double is a tie between two floats: the fraction itself decides.
    p, q = double.as_integer_ratio()
    difference = (numerator * q - p * denominator) * (1 if denominator > 0 else -1)
    if difference == 0:
        return rounded
    return max(rounded, other) if difference > 0 else min(rounded, other)
