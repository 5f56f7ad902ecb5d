"""Data of other libraries for `score_batch`: DataFrames of pandas and polars, tables and record batches of Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ModelError
from ..ir.field import Field
from .pandas_columns import NanMeaning, is_pandas_frame, read_pandas_columns


def read_tabular(data: Any, fields: Sequence[Field], nan: NanMeaning) -> Any:
    """Return a DataFrame or Arrow data as columns by name; mappings and rows are returned unchanged.

    Args:
        data: What was given to `score_batch`.
        fields: Fields of the model.
        nan: What NaN in a floating column of pandas is.

    Raises:
        ModelError: It is something else.
    """
    if isinstance(data, Mapping | Sequence):
        return data
    if is_pandas_frame(data):
        return read_pandas_columns(data, fields, nan)
    # The Arrow PyCapsule interface, which pyarrow, polars and others have.
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        # Needs pyarrow, which whoever has such data usually has; scoring rows does not need it.
        from .arrow_columns import read_table_columns

        return read_table_columns(data, fields)
    raise ModelError(
        "A batch is a list of rows, a mapping from name to column, a DataFrame of pandas or polars, or a table of Arrow, not a "
        f"{type(data).__name__}. A model in a job scores a DataFrame of Spark by `transform`."
    )
