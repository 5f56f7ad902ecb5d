"""Conversion of cells of JSON and CSV to the Python values that the scorer takes.

null, and an empty cell of CSV, is null. NaN and infinities are values of floating fields: the literals `NaN`,
`Infinity` and `-Infinity`, which Python and MLflow write, or the same words as text, for clients whose JSON has no such
literals. NaN is null in a field of any other type, which cannot hold it. A whole number is a time in milliseconds since
1970-01-01T00:00:00Z for a field of timestamps, and for a field of dates the midnight of one. Every other value is
passed on; the scorer reports what is wrong with it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..ir.field import FLOATING_TYPES, INTEGER_RANGES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_INTEGER = re.compile(r"-?\d{9,}")
_BOOLEANS = {"true": True, "false": False}
_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_ITEM_TYPES = {"vector": "double", "array<double>": "double", "array<float>": "float"}


def from_json(value: Any, type_: str) -> Any:
    """Return a JSON value as a Python value for a field of the given type.

    A whole number such as 7.0 is an integer for a field of integers. Words for NaN and infinities are also read in
    arrays and vectors of doubles.
    """
    if value.__class__ is float:
        return _convert_float(value, type_)
    if value.__class__ is str:
        return _WORDS.get(value, value) if type_ in FLOATING_TYPES else value
    if value.__class__ is int and type_ in ("timestamp", "date"):
        return _convert_milliseconds(value, type_)
    if type_ in _ITEM_TYPES:
        return _convert_items(value, _ITEM_TYPES[type_])
    return value


def from_csv(text: str, type_: str) -> Any:
    """Return a CSV cell as a value for a field of the given type: null if empty, unchanged if it cannot be parsed."""
    if text == "":
        return None
    try:
        if type_ in INTEGER_RANGES:
            return _convert_float(float(text), type_) if "." in text else int(text)
        if type_ in FLOATING_TYPES:
            return float(text)
    except (ValueError, OverflowError):
        return text
    # Fewer digits may be a year or a date, as in 20240229.
    if type_ == "timestamp" and _INTEGER.fullmatch(text):
        return _convert_milliseconds(int(text), type_)
    return _BOOLEANS.get(text.lower(), text) if type_ == "boolean" else text


def to_json_text(value: Any) -> str:
    """Return a date or a timestamp of an answer as ISO text; for `json.dumps(default=...)`.

    Raises:
        TypeError: It is neither, and JSON has no form of it.
    """
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _convert_float(value: float, type_: str) -> Any:
    if type_ in FLOATING_TYPES:
        return value
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return None
    if type_ in ("timestamp", "date") and value.is_integer():
        return _convert_milliseconds(int(value), type_)
    return int(value) if type_ in INTEGER_RANGES and value.is_integer() else value


def _convert_milliseconds(value: int, type_: str) -> Any:
    """Return a number of milliseconds as a time with the zone UTC, or as a date.

    The number itself if it is out of range, or if it is not a midnight for a date.
    """
    try:
        moment = _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return value
    if type_ == "timestamp":
        return moment
    return moment.date() if (moment - _EPOCH) % _DAY == timedelta(0) else value


def _convert_items(value: Any, item_type: str) -> Any:
    """Return a list with its words as numbers, or Spark's struct of a vector with those of its values."""
    if isinstance(value, list):
        return [from_json(item, item_type) for item in value] if str in map(type, value) else value
    if isinstance(value, dict) and isinstance(value.get("values"), list):
        return {**value, "values": _convert_items(value["values"], item_type)}
    return value
