"""Data of other libraries for `score_batch`: DataFrames of pandas and polars, tables and record batches of Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ModelError
from ..ir.field import Field
from .pandas_columns import NanMeaning, is_pandas_frame, read_pandas_columns


def read_tabular(data: Any, fields: Sequence[Field], nan: NanMeaning) -> Any:
    """Return a DataFrame or Arrow data as columns by name.

    Rows are returned unchanged, as are the columns of a mapping that are no Arrow arrays.

    Args:
        data: Argument of `score_batch`.
        fields: Fields of the model.
        nan: What NaN in a floating column of pandas means.

    Raises:
        ModelError: The data has another type.
    """
    if isinstance(data, Mapping):
        return _read_arrays(data)
    if isinstance(data, Sequence):
        return data
    if is_pandas_frame(data):
        return read_pandas_columns(data, fields, nan)
    if _is_arrow_data(data):
        # Needs pyarrow, which whoever has such data usually has; scoring rows does not need it.
        from .arrow_columns import read_table_columns

        return read_table_columns(data, fields)
    if type(data).__name__ == "LazyFrame":
        raise ModelError("A LazyFrame has no rows yet: pass its DataFrame, `frame.collect()`.")
    raise ModelError(
        "A batch is a list of rows, a mapping from name to column, a DataFrame of pandas or polars, or a table of "
        f"Arrow, not a {type(data).__name__}. A model in a job scores a DataFrame of Spark by `transform`."
    )


def _read_arrays(columns: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return columns by name, those of polars and Arrow converted; a Series of pandas is a sequence."""
    arrays = [
        name for name, values in columns.items() if _is_arrow_data(values) and not hasattr(values, "iloc")
    ]
    if not arrays:
        return columns
    from .arrow_columns import read_array

    return {**columns, **{name: read_array(name, columns[name]) for name in arrays}}


def _is_arrow_data(data: Any) -> bool:
    """Return whether data has Arrow's PyCapsule interface: tables of pyarrow, DataFrames of polars and others."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")
