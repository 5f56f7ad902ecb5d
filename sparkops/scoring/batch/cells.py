"""What pandas, JSON and CSV put into a cell, as the plain value that the scorer takes.

pandas and JSON cannot tell a missing number from NaN, so both become null at these doors. An integer column with a
gap arrives as floats: whole floats are taken back to integers. Everything else goes to the scorer as it is, and the
scorer says what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

WHOLE = frozenset(("byte", "short", "integer", "long"))
REAL = frozenset(("float", "double"))
_BOOLEANS = {"true": True, "false": False}


def plain(value: Any, kind: str) -> Any:
    """Return a cell as a plain Python value for a field of type `kind`."""
    if isinstance(value, np.generic):
        value = value.item()
    if _missing(value):
        return None
    if kind in WHOLE and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def read(text: str, kind: str) -> Any:
    """Return a CSV cell for a field of type `kind`; an empty one is null, one that does not fit stays text."""
    if text == "":
        return None
    try:
        if kind in WHOLE:
            return plain(float(text), kind) if "." in text else int(text)
        if kind in REAL:
            return plain(float(text), kind)
    except (ValueError, OverflowError):
        return text
    return _BOOLEANS.get(text.lower(), text) if kind == "boolean" else text


def column(values: Any, kind: str) -> np.ndarray[Any, Any] | Sequence[Any]:
    """Return a column of pandas or NumPy for a field of type `kind`: nulls masked in numbers, None in objects."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and (kind in REAL or kind in WHOLE):
        return np.ma.masked_array(array, np.isnan(array))
    if array.dtype.kind in "iub":
        return array
    cells = (value if type(value) is str else plain(value, kind) for value in array.tolist())
    return np.fromiter(cells, dtype=object, count=len(array))


def _missing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")  # pandas' own marks, without pandas
