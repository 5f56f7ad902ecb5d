"""Columns of pandas, as the scorer takes them. pandas itself is not imported.

In a column of floats NaN is NaN; with `nan="null"` it is null, for rows whose missing numbers pandas represents by NaN.
A field that cannot hold NaN reads it as null: an integer column with missing values arrives as floats, a text column as
objects with NaN. None, `pd.NA` and `pd.NaT` are always null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..ir.arrays import Numbers
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, Field, is_missing_marker

_FLOATING_ARRAYS = ("array<double>", "array<float>")
NanMeaning = Literal["nan", "null"]
"""What NaN in a floating column of pandas is: a number, or a missing value."""


def is_pandas_frame(data: Any) -> bool:
    """Return whether data is a DataFrame of pandas, or of a library with the same interface."""
    return hasattr(data, "iloc") and hasattr(data, "columns")


def read_pandas_columns(frame: Any, fields: Sequence[Field], nan: NanMeaning) -> Mapping[str, Any]:
    """Return the columns of a frame by name; those of the fields are converted."""
    types = {field.name: field.type for field in fields}
    return {
        str(name): to_column(frame[name], types[name], nan) if name in types else frame[name]
        for name in frame.columns
    }


def to_column(values: Any, type_: str, nan: NanMeaning = "nan") -> Numbers | Sequence[Any]:
    """Return a column for a field of the given type: numbers with nulls masked, or objects with None."""
    null = _find_extension_nulls(values)
    if null is not None and type_ in FLOATING_TYPES:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.ma.masked_array(numbers, null | np.isnan(numbers) if nan == "null" else null)
    array = np.asarray(values)
    if array.dtype.kind == "f" and type_ in FLOATING_TYPES:
        return array if nan == "nan" else np.ma.masked_array(array, np.isnan(array))
    if array.dtype.kind == "f" and type_ in INTEGER_RANGES:
        return np.ma.masked_array(array, np.isnan(array))
    if array.dtype.kind in "iubM":
        return array
    keep_nan = nan == "nan" and type_ in FLOATING_TYPES
    cells = (
        value if type(value) is str else _convert_cell(value, type_, keep_nan=keep_nan)
        for value in array.tolist()
    )
    return np.fromiter(cells, dtype=object, count=len(array))


def _find_extension_nulls(values: Any) -> Numbers | None:
    """Return the mask of nulls of a numeric extension type of pandas, such as Float64; None for any other column."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) or getattr(dtype, "kind", "") != "f" or not hasattr(values, "isna"):
        return None
    return np.asarray(values.isna())


def _convert_cell(value: Any, type_: str, *, keep_nan: bool) -> Any:
    """Return a cell of a column of objects as a Python value for a field of the given type."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or is_missing_marker(value):
        return None
    if type_.startswith("array<") and type_ not in _FLOATING_ARRAYS:
        return _convert_items(value)
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - only NaN differs from itself
            return value if keep_nan else None
        return int(value) if type_ in INTEGER_RANGES and value.is_integer() else value
    return value


def _convert_items(values: Any) -> Any:
    """Return a list of items that are no floating numbers: NaN, which pandas has for a missing integer, is null."""
    items = values.tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(items, list):
        return items
    return [None if isinstance(item, float) and item != item else item for item in items]  # noqa: PLR0124
