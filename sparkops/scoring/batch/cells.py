"""Conversion of cells of pandas, JSON and CSV to the Python values that the scorer takes.

pandas and JSON do not distinguish a missing number from NaN, so both become null here. An integer column with missing
values arrives as floats: integral floats are converted back. Every other value is passed on; the scorer reports what is
wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir.field import FLOATING_TYPES, INTEGER_RANGES

_BOOLEANS = {"true": True, "false": False}


def from_cell(value: Any, type_: str) -> Any:
    """Return a cell of pandas or JSON as a Python value for a field of the given type."""
    if isinstance(value, np.generic):
        value = value.item()
    if _is_missing(value):
        return None
    if type_ in INTEGER_RANGES and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def from_csv(text: str, type_: str) -> Any:
    """Return a CSV cell as a value for a field of the given type: null if empty, unchanged if it cannot be parsed."""
    if text == "":
        return None
    try:
        if type_ in INTEGER_RANGES:
            return from_cell(float(text), type_) if "." in text else int(text)
        if type_ in FLOATING_TYPES:
            return from_cell(float(text), type_)
    except (ValueError, OverflowError):
        return text
    return _BOOLEANS.get(text.lower(), text) if type_ == "boolean" else text


def to_column(values: Any, type_: str) -> np.ndarray[Any, Any] | Sequence[Any]:
    """Return a column of pandas or NumPy for a field of a type: numbers with masked nulls, or objects with None."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and (type_ in FLOATING_TYPES or type_ in INTEGER_RANGES):
        return np.ma.masked_array(array, np.isnan(array))
    if array.dtype.kind in "iub":
        return array
    cells = (value if type(value) is str else from_cell(value, type_) for value in array.tolist())
    return np.fromiter(cells, dtype=object, count=len(array))


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    # pandas' markers of missing values, recognized without importing pandas
    return value is None or type(value).__name__ in ("NAType", "NaTType")
