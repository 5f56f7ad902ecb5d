"""How one value reads on a page: numbers grouped, times in UTC, nothing as a dash."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any

MISSING = "\N{EN DASH}"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EXACT = 1e15
_TINY = 1e-4
_GROUPED = 10_000


def is_missing(value: Any) -> bool:
    """Tell whether there is no value: None, NaN, NaT."""
    if value is None:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float | datetime) and value != value  # noqa: PLR0124  NaN differs from itself


def is_number(value: Any) -> bool:
    """Tell whether a value counts or measures; a bool does neither."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def clean(text: str) -> str:
    """Return text without control characters and halves of surrogate pairs, which no page may hold."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def shorten(text: str, most: int) -> str:
    """Return text on one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def show(value: Any) -> str:
    """Return any value as a person reads it."""
    if is_missing(value):
        return MISSING
    if isinstance(value, Enum):
        return show(value.value)
    if is_number(value):
        return show_number(value)
    return clean(_show_other(value))


def _show_other(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | time):
        return show_time(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value[:32]).hex() + ("…" if len(value) > 32 else "")  # noqa: PLR2004
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def show_time(value: datetime) -> str:
    """Return a moment in UTC to the second; one without a zone stays as it is, and a round minute has no seconds."""
    moment = value.astimezone(UTC) if value.tzinfo else value
    text = moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
    return f"{text} UTC" if value.tzinfo else text


def show_number(value: Any) -> str:
    """Return a number to four significant digits, never cutting into whole digits, grouped from 10,000 on."""
    if isinstance(value, Integral):
        return group(int(value))
    size = abs(float(value))
    if size in {0.0, float("inf")} and not (isinstance(value, Decimal) and value.is_finite() and value):
        return "0" if size == 0.0 else ("∞" if value > 0 else "\N{MINUS SIGN}∞")
    if size >= _EXACT or size < _TINY:
        return minus(f"{value:.4g}")
    decimals = max(0, 4 - len(str(int(size)))) if size >= 1 else _decimals_below_one(size)
    text = f"{value:{',' if size >= _GROUPED else ''}.{decimals}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimals_below_one(size: float) -> int:
    return int(f"{size:e}".split("e-")[1]) + 3


def group(value: int, *, always: bool = False) -> str:
    """Return a whole number with its thousands grouped; below 10,000 it stays together, as a year does."""
    return minus(f"{value:,}" if always or abs(value) >= _GROUPED else str(value))


def minus(text: str) -> str:
    """Return a number's text with a real minus sign, as wide as a digit."""
    return text.replace("-", "\N{MINUS SIGN}") if text.startswith("-") else text
