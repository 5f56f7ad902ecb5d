"""Functions of doubles that answer as Java's do: infinities and NaN where Python raises."""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np


def exp(value: float) -> float:
    """Return e to a power; infinity where it overflows."""
    try:
        return math.exp(value)
    except OverflowError:
        return inf


def power(value: float, exponent: float) -> float:
    """Return a power; NaN of a negative number to a fraction, infinity where it overflows."""
    try:
        return math.pow(value, exponent)
    except (OverflowError, ValueError):
        with np.errstate(all="ignore"):
            return float(np.power(np.float64(value), exponent))


def quotient(above: float, below: float) -> float:
    """Return a quotient; infinity or NaN over 0."""
    if below:
        return above / below
    return nan if not above or above != above else math.copysign(inf, above) * math.copysign(1.0, below)  # noqa: PLR0124
