"""Equality of values within a relative tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def are_close(first: Any, second: Any, tolerance: float) -> bool:
    """Return whether two values are equal, floats in them within a relative tolerance.

    Lists and mappings are compared item by item, a float with an int as two numbers. NaN equals NaN.
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(
            are_close(value, second[key], tolerance) for key, value in first.items()
        )
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(
            are_close(*pair, tolerance) for pair in zip(first, second, strict=True)
        )
    numbers = (first, second)
    if any(isinstance(number, float) for number in numbers) and all(
        isinstance(number, int | float) for number in numbers
    ):
        both_nan = math.isnan(first) and math.isnan(second)
        return both_nan or math.isclose(first, second, rel_tol=tolerance)
    return bool(first == second)
