"""Bounds for a draft: the natural range that a column's name implies, or the observed range, rounded outwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite
from typing import Any

from sparkops.checks.profiling.profile import ColumnProfile

_SIGNIFICANT_DIGITS = 6
# Greater integers are not exact as doubles, and Great Expectations reads bounds as doubles.
_MAX_EXACT_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class NaturalRange:
    """The range of all valid values of a quantity, such as 0 to 100 of a percentage.

    Args:
        minimum: Lowest value.
        maximum: Highest value.
        meaning: The quantity, for the comment in the draft.
        integers_only: Whether only integer columns can hold this quantity.
    """

    minimum: int
    maximum: int
    meaning: str
    integers_only: bool = False


_SHARE = NaturalRange(0, 1, "a share")
_PERCENT = NaturalRange(0, 100, "a percentage")
_LATITUDE = NaturalRange(-90, 90, "degrees of latitude")
_LONGITUDE = NaturalRange(-180, 180, "degrees of longitude")
_BY_LAST_WORD: Mapping[str, NaturalRange] = {
    "month": NaturalRange(1, 12, "the months of a year", integers_only=True),
    "day": NaturalRange(1, 31, "the days of a month", integers_only=True),
    "weekday": NaturalRange(
        0, 7, "the days of a week, counted from 0 or from 1: remove the end that is wrong", integers_only=True
    ),
    "hour": NaturalRange(0, 23, "the hours of a day", integers_only=True),
    "minute": NaturalRange(0, 59, "the minutes of an hour", integers_only=True),
    "quarter": NaturalRange(1, 4, "the quarters of a year", integers_only=True),
    "share": _SHARE,
    "ratio": _SHARE,
    "probability": _SHARE,
    "percent": _PERCENT,
    "percentage": _PERCENT,
    "pct": _PERCENT,
    "lat": _LATITUDE,
    "latitude": _LATITUDE,
    "lon": _LONGITUDE,
    "lng": _LONGITUDE,
    "longitude": _LONGITUDE,
}


def find_natural_range(column: ColumnProfile) -> NaturalRange | None:
    """Return the range that the last word of a column's name implies; None if an observed value is outside it."""
    last_word = re.findall(r"[A-Za-z][a-z]*", column.name)[-1:]
    known = _BY_LAST_WORD.get(last_word[0].lower()) if last_word else None
    if known is None or (known.integers_only and column.kind != "integer"):
        return None
    return known if known.minimum <= column.minimum and column.maximum <= known.maximum else None


def round_down(value: Any) -> int | float | None:
    """Return a value rounded down to six significant digits, an integer unchanged; None if it is not finite."""
    return _round(value, ROUND_FLOOR)


def round_up(value: Any) -> int | float | None:
    """Return a value rounded up to six significant digits, an integer unchanged; None if it is not finite."""
    return _round(value, ROUND_CEILING)


def _round(value: Any, rounding: str) -> int | float | None:
    if isinstance(value, int) and abs(value) <= _MAX_EXACT_INTEGER:
        return value
    if not isinstance(value, Decimal) and not isfinite(value):
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    step = Decimal((0, (1,), exact.adjusted() + 1 - _SIGNIFICANT_DIGITS)) if exact else Decimal(1)
    rounded = (exact / step).to_integral_value(rounding=rounding) * step
    if isinstance(value, int):
        return int(rounded)
    number = float(rounded)
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) <= _MAX_EXACT_INTEGER else number
