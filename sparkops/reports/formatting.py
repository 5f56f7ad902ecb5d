"""Text of values on a page: numbers with grouped digits, times in UTC, a dash for a missing value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from numbers import Integral
from typing import Any

from sparkops.errors import JobFailed
from sparkops.pipeline.reports.value_format import apply_format, is_missing, is_number

MISSING = "\N{EN DASH}"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# A single number is in scientific notation from `_HUGE` and below `_TINY`; a column of numbers from `_LARGE` and below
# `_SMALL`.
_HUGE, _TINY = 1e15, 1e-4
_LARGE, _SMALL = 1e12, 1e-3
# Thousands are separated from this size: the first if the meaning of a number is unknown, because a smaller one may be
# a year; the second if the number is a quantity.
_GROUPED_ALONE = 10_000
_GROUPED = 1000


def clean(text: str) -> str:
    """Replace control characters and unpaired surrogates, which HTML does not allow."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def shorten(text: str, length: int) -> str:
    """Return text on one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def format_value(value: Any) -> str:
    """Return the text of any value."""
    if is_missing(value):
        return MISSING
    if isinstance(value, Enum):
        return format_value(value.value)
    if is_number(value):
        return format_number(value)
    return clean(_format_other(value))


def _format_other(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | time):
        return format_time(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value[:32]).hex() + ("…" if len(value) > 32 else "")  # noqa: PLR2004
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def format_with_spec(value: Any, spec: str, location: str) -> str:
    """Apply the author's format specification; raise JobFailed, which names `location`, if it does not fit."""
    if is_number(value) and not isfinite(value):
        return format_number(value)
    try:
        text = apply_format(value, spec)
    except (ValueError, TypeError) as error:
        raise JobFailed(
            f"{location}: the format `{spec}` does not fit the value {value!r} ({error})."
        ) from error
    return use_minus_sign(clean(text)) if is_number(value) else clean(text)


def format_time(value: datetime) -> str:
    """Return a time in UTC, seconds only if they are not 0; a time without a zone is not converted."""
    time_utc = value.astimezone(UTC) if value.tzinfo else value
    text = time_utc.strftime("%Y-%m-%d %H:%M:%S" if time_utc.second else "%Y-%m-%d %H:%M")
    return f"{text} UTC" if value.tzinfo else text


def format_number(value: Any, *, grouped: bool | None = None) -> str:
    """Return a number with four significant digits, but all its integer digits.

    Args:
        value: The number.
        grouped: Whether thousands are separated; None: from 10,000, so that years read as years.
    """
    if isinstance(value, Integral):
        return format_integer(int(value), grouped=grouped)
    size = abs(float(value))
    if size in {0.0, float("inf")} and not (isinstance(value, Decimal) and value.is_finite() and value):
        return "0" if size == 0.0 else ("∞" if value > 0 else "\N{MINUS SIGN}∞")
    if size >= _HUGE or size < _TINY:
        return use_minus_sign(f"{value:.4g}")
    decimals = max(0, 4 - len(str(int(size)))) if size >= 1 else _count_decimals_below_one(size)
    text = f"{value:{_choose_separator(size, grouped)}.{decimals}f}"
    return use_minus_sign(text.rstrip("0").rstrip(".") if "." in text else text)


def _choose_separator(size: float, grouped: bool | None) -> str:
    limit = _GROUPED_ALONE if grouped is None else _GROUPED
    return "," if grouped is not False and size >= limit else ""


def _count_decimals_below_one(size: float) -> int:
    return int(f"{size:e}".split("e-")[1]) + 3


def format_integer(value: int, *, grouped: bool | None = None) -> str:
    """Return an integer with all its digits; `grouped` as of `format_number`."""
    return use_minus_sign(f"{value:{_choose_separator(abs(value), grouped)}}")


def format_tick(value: float, *, grouped: bool) -> str:
    """Return a round number of an axis with all its digits; very large and very small ones in scientific notation."""
    size = abs(value)
    if size >= _LARGE or 0 < size < _TINY:
        return use_minus_sign(f"{value:.3g}")
    return use_minus_sign(f"{value:{_choose_separator(size, grouped)}.10g}")


def use_minus_sign(text: str) -> str:
    """Replace the hyphen of a negative number by a minus sign, which is as wide as a digit."""
    return text.replace("-", "\N{MINUS SIGN}") if text.startswith("-") else text


def format_number_column(values: Sequence[Any], *, grouped: bool) -> list[str]:
    """Return numbers with the same number of decimals, so that their decimal points are aligned."""
    present = [value for value in values if not is_missing(value)]
    if not present:
        return [MISSING] * len(values)
    if all(isinstance(value, Integral) for value in present):
        return [MISSING if is_missing(v) else format_integer(int(v), grouped=grouped) for v in values]
    sizes = [abs(float(value)) for value in present if isfinite(value) and value]
    if sizes and (max(sizes) >= _LARGE or max(sizes) < _SMALL):
        return [MISSING if is_missing(value) else format_number(value, grouped=grouped) for value in values]
    decimals = _count_column_decimals(present, max(sizes, default=0.0))
    return [_format_fixed(value, decimals, "," if grouped else "") for value in values]


def _count_column_decimals(present: Sequence[Any], largest: float) -> int:
    significant = 1 if largest >= 100 else 2 if largest >= 1 else 4  # noqa: PLR2004
    return min(significant, max(_count_decimals(value) for value in present))


def _count_decimals(value: Any) -> int:
    """Return how many decimals a value has."""
    if isinstance(value, Integral) or not isfinite(value):
        return 0
    text = f"{Decimal(str(value)):f}"
    return len(text.partition(".")[2].rstrip("0"))


def _format_fixed(value: Any, decimals: int, separator: str) -> str:
    if is_missing(value) or not isfinite(value):
        return format_value(value)
    text = use_minus_sign(f"{value:{separator}.{decimals}f}")
    is_negative_zero = text.startswith("\N{MINUS SIGN}") and not text.strip("\N{MINUS SIGN}0.,")
    return text[1:] if is_negative_zero else text
