"""Functions of doubles with Java's results: infinities and NaN where Python raises."""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np


def exp(value: float) -> float:
    """Return e to a power; infinity on overflow."""
    try:
        return math.exp(value)
    except OverflowError:
        return inf


def power(value: float, exponent: float) -> float:
    """Return a power; NaN for a negative number to a fractional power, infinity on overflow."""
    try:
        return math.pow(value, exponent)
    except (OverflowError, ValueError):
        with np.errstate(all="ignore"):
            return float(np.power(np.float64(value), exponent))


def divide(numerator: float, denominator: float) -> float:
    """Return a quotient; infinity or NaN for division by 0."""
    if denominator:
        return numerator / denominator
    if not numerator or math.isnan(numerator):
        return nan
    return math.copysign(inf, numerator) * math.copysign(1.0, denominator)
