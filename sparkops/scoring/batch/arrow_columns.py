"""Columns of Arrow, as the scorer takes them: from Spark's batches, and from any library that exports Arrow data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow.compute import local_timestamp, struct_field

from ...errors import ModelError, RowError
from ..ir.field import Field
from .dictionary_column import DictionaryColumn

# Rows for each distinct text from which a column is dictionary-encoded.
_MIN_ROWS_PER_TEXT = 4


def read_table_columns(data: Any, fields: Sequence[Field]) -> Mapping[str, Any]:
    """Return the columns of Arrow data by name; those of the fields are converted.

    A time with a time zone is a moment, which the field converts to its own time zone.

    Raises:
        ModelError: It is no table, or pyarrow does not know a type of it.
    """
    try:
        table = data if isinstance(data, pa.Table) else pa.table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ModelError(
            f"pyarrow cannot read this {type(data).__name__} as a table ({error}). A batch is a DataFrame or a table, "
            "whose columns have types of Arrow: cast others, such as Int128."
        ) from error
    names = {field.name for field in fields}
    columns = dict(zip(table.column_names, map(_combine_chunks, table.columns), strict=True))
    paths = [name for name in names if name not in columns and name.partition(".")[0] in columns]
    columns |= {path: _get_struct_field(columns[path.partition(".")[0]], path) for path in paths}
    return {name: _to_table_column(column) if name in names else column for name, column in columns.items()}


def read_array(name: str, values: Any) -> Any:
    """Return an Arrow array, or a Series of polars, as a column.

    Raises:
        ModelError: pyarrow does not know its type.
    """
    try:
        array = (
            _combine_chunks(pa.chunked_array(values))
            if hasattr(values, "__arrow_c_stream__")
            else pa.array(values)
        )
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ModelError(
            f"pyarrow cannot read the column `{name}`, a {type(values).__name__} ({error}): cast it."
        ) from error
    return _to_table_column(array)


def read_batch_columns(batch: pa.RecordBatch, fields: Sequence[Field]) -> dict[str, Any]:
    """Return the model's columns of one of Spark's batches: nulls masked, text as objects.

    A time with a time zone is read as the clock of that zone, the session's, shows it.
    """
    names, columns = set(batch.schema.names), {}
    for field in fields:
        root = field.name.partition(".")[0]
        if field.name in names:
            values = batch.column(field.name)
        elif root in names:
            values = _get_struct_field(batch.column(root), field.name)
        else:
            continue
        try:
            columns[field.name] = to_column(values)
        except (ValueError, OverflowError) as error:
            # Such as a time of day of more than 24 hours, which Arrow allows and Python does not.
            raise RowError(
                f"Column `{field.name}`, a {values.type}, has a value that cannot be read: {error}",
                field=field.name,
            ) from None
    return columns


def _get_struct_field(values: pa.Array, path: str) -> pa.Array:
    """Return the values at a path of fields in a column of structs; null where a struct is null."""
    try:
        return struct_field(values, path.split(".")[1:])
    except (pa.ArrowException, TypeError) as error:
        root = path.partition(".")[0]
        raise RowError(
            f"Column `{root}` has no field `{path.partition('.')[2]}`: {error}", field=path
        ) from None


def to_column(values: pa.Array) -> Any:
    """Return an Arrow array as a column."""
    type_ = values.type
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        # Naive, in the zone of the array.
        values = local_timestamp(values)
    if pa.types.is_dictionary(type_) and not _is_text(type_.value_type):
        return to_column(values.dictionary_decode())
    if pa.types.is_dictionary(type_) or _is_text(type_):
        return _to_text_column(values)
    if pa.types.is_struct(type_) or (_is_list(type_) and not _has_numbers_only(values)):
        return values.to_pylist()
    is_number = pa.types.is_floating(type_) or pa.types.is_integer(type_)
    if not is_number or not values.null_count:
        return values.to_numpy(zero_copy_only=False)
    filled = values.fill_null(0).to_numpy(zero_copy_only=False)
    return np.ma.MaskedArray(filled, values.is_null().to_numpy(zero_copy_only=False))


def _combine_chunks(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if not isinstance(combined, pa.ChunkedArray):
        return combined
    return pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], column.type)


def _to_table_column(values: pa.Array) -> Any:
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        return values.cast(pa.timestamp("us", values.type.tz), safe=False).to_pylist()
    return to_column(values)


def _to_text_column(values: pa.Array) -> Any:
    if pa.types.is_dictionary(values.type):
        return _to_dictionary_column(values.cast(pa.dictionary(pa.int32(), pa.string())))
    values = values.cast(pa.string())
    encoded = values.dictionary_encode()
    if len(encoded.dictionary) * _MIN_ROWS_PER_TEXT <= len(values):
        return _to_dictionary_column(encoded)
    return values.to_numpy(zero_copy_only=False)


def _is_text(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    )


def _is_list(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_)
    )


def _has_numbers_only(values: pa.Array) -> bool:
    """Return whether all items of lists are numbers; in NumPy nulls would be lost, and times would be integers."""
    item_type = values.type.value_type
    is_number = pa.types.is_floating(item_type) or pa.types.is_integer(item_type)
    return bool(is_number and not values.flatten().null_count)


def _to_dictionary_column(values: pa.DictionaryArray) -> DictionaryColumn:
    """Return a dictionary-encoded column of text; null is the last entry of the dictionary."""
    texts = values.dictionary.to_pylist()
    codes = values.indices.fill_null(len(texts)) if values.null_count else values.indices
    texts += [None] if values.null_count else []
    return DictionaryColumn(
        np.fromiter(texts, dtype=object, count=len(texts)), codes.to_numpy(zero_copy_only=False)
    )
