"""Bounds for a draft: the range that a column's name stands for, and bounds of few digits around what was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite
from typing import Any

from sparkops.checks.profiling.profile import ColumnProfile

_DIGITS = 6
_EXACT = 2**53  # whole numbers beyond it are no doubles, and Great Expectations takes bounds for doubles


@dataclass(frozen=True, slots=True)
class Closed:
    """A range that cannot be left.

    Args:
        least: Least value.
        most: Greatest value.
        told: What it is the range of.
        whole: It is a range of whole numbers.
    """

    least: int
    most: int
    told: str
    whole: bool = False


_SHARE = Closed(0, 1, "a share")
_PERCENT = Closed(0, 100, "a percentage")
_LATITUDE = Closed(-90, 90, "degrees of latitude")
_LONGITUDE = Closed(-180, 180, "degrees of longitude")
_CLOSED: Mapping[str, Closed] = {
    "month": Closed(1, 12, "the months of a year", whole=True),
    "day": Closed(1, 31, "the days of a month", whole=True),
    "weekday": Closed(
        0, 7, "the days of a week, from 0 or 1 on: take out the end that is not meant", whole=True
    ),
    "hour": Closed(0, 23, "the hours of a day", whole=True),
    "minute": Closed(0, 59, "the minutes of an hour", whole=True),
    "quarter": Closed(1, 4, "the quarters of a year", whole=True),
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


def closed(column: ColumnProfile) -> Closed | None:
    """Return the range that the last word of a column's name stands for, where all that was seen is in it."""
    word = re.findall(r"[A-Za-z][a-z]*", column.name)[-1:]
    known = _CLOSED.get(word[0].lower()) if word else None
    if known is None or (known.whole and column.kind != "whole"):
        return None
    return known if known.least <= column.least and column.most <= known.most else None


def below(value: Any) -> int | float | None:
    """Return a bound that the value is not below: itself, or the next of six digits; None below all numbers."""
    return _rounded(value, ROUND_FLOOR)


def above(value: Any) -> int | float | None:
    """Return a bound that the value is not above: itself, or the next of six digits; None above all numbers."""
    return _rounded(value, ROUND_CEILING)


def _rounded(value: Any, rounding: str) -> int | float | None:
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if not isinstance(value, Decimal) and not isfinite(value):
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    step = Decimal((0, (1,), exact.adjusted() + 1 - _DIGITS)) if exact else Decimal(1)
    near = (exact / step).to_integral_value(rounding=rounding) * step
    if isinstance(value, int):
        return int(near)
    found = float(near)
    if not isfinite(found):
        return None
    return int(found) if found.is_integer() and abs(found) <= _EXACT else found
