"""Rows as Arrow tables: read from a Delta table, queried, and built from Python values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.core.type_names import TYPE_NAMES
from sparkops.tables.backends.protocol import COUNT, RowBatch, RowFilter, RowQuery, UnsupportedOperation

if TYPE_CHECKING:
    from deltalake import DeltaTable

# Delta's name of each SQL type in a `RowBatch`.
DELTA_TYPES = {
    name: TYPE_NAMES.get(name, name) for name in ("timestamp", "string", "bigint", "int", "boolean", "double")
}


def read_arrow(folder: Path, *, all_times: bool = False) -> Any:
    """Return the newest version of a table as an Arrow table.

    Args:
        folder: Folder of an existing table.
        all_times: Whether times beyond the years 1677 to 2262 are read correctly, too, which imports pandas.

    Raises:
        UnsupportedOperation: Only Spark can read it.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError
    from pyarrow import schema

    try:
        rows = _read_all(DeltaTable(str(folder)), all_times=all_times)
    except DeltaError as error:
        raise UnsupportedOperation(f"delta-rs cannot read the table ({error})") from error
    # The text of delta-rs is `string_view`, which Arrow cannot filter.
    return rows.cast(schema([field.with_type(_replace_view_types(field.type)) for field in rows.schema]))


def _read_all(table: DeltaTable, *, all_times: bool) -> Any:
    """Return all rows; they are read as a stream, because reading a table would import pandas."""
    from deltalake.exceptions import DeltaError
    from pyarrow import RecordBatchReader

    if all_times and '"timestamp' in table.schema().to_json():
        from pyarrow.dataset import ParquetReadOptions

        # Spark writes times as INT96, which delta-rs reads as nanoseconds.
        options = ParquetReadOptions(coerce_int96_timestamp_unit="us")
        with suppress(DeltaError):
            return table.to_pyarrow_dataset(parquet_read_options=options).scanner().to_reader().read_all()
    return RecordBatchReader.from_stream(table.scan()).read_all()


def query_rows(rows: Any, query: RowQuery) -> list[dict[str, Any]]:
    """Return the rows of an Arrow table that a query asks for."""
    matching = _filter(rows, query.where)
    if query.columns is not None:
        matching = matching.select([name for name in query.columns if name in matching.column_names])
    result = to_rows(matching.slice(0, query.limit))
    return _count_distinct(result) if query.count else result


def to_rows(rows: Any) -> list[dict[str, Any]]:
    """Return the rows of an Arrow table, as values by column."""
    columns = [_to_values(column) for column in rows.columns]
    return [dict(zip(rows.column_names, values, strict=True)) for values in zip(*columns, strict=True)]


def _to_values(column: Any) -> list[Any]:
    """Return the values of a column; a date or time beyond the years that Python can hold is its ISO text."""
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        values = [_to_value(scalar) for scalar in column]
    return values


def _to_value(scalar: Any) -> Any:
    import pyarrow as pa

    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        if isinstance(scalar, pa.StructScalar):
            return {name: _to_value(scalar[name]) for name in scalar}
        if isinstance(scalar, pa.MapScalar):
            return [(_to_value(entry["key"]), _to_value(entry["value"])) for entry in scalar.values]
        if isinstance(scalar, pa.ListScalar):
            return [_to_value(item) for item in scalar.values]
        text = scalar.cast(pa.string()).as_py().replace(" ", "T").replace(".000000", "")
        return f"+{text}" if text[0].isdigit() and not text.startswith("0") else text


def to_arrow(batch: RowBatch) -> Any:
    """Return rows as an Arrow table with the types of their columns."""
    import pyarrow as pa

    types = {
        "timestamp": pa.timestamp("us", "UTC"),
        "string": pa.string(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
        "double": pa.float64(),
    }
    schema = pa.schema([(name, types[type_name]) for name, type_name in batch.columns.items()])
    return pa.Table.from_pylist(list(batch.rows), schema=schema)


def _replace_view_types(data_type: Any) -> Any:
    """Return an Arrow type with `string` and `binary` for their view types, also inside nested types."""
    import pyarrow as pa

    if pa.types.is_string_view(data_type):
        return pa.string()
    if pa.types.is_binary_view(data_type):
        return pa.binary()
    if pa.types.is_list(data_type):
        return pa.list_(_replace_view_types(data_type.value_type))
    if pa.types.is_map(data_type):
        return pa.map_(_replace_view_types(data_type.key_type), _replace_view_types(data_type.item_type))
    if pa.types.is_struct(data_type):
        return pa.struct([field.with_type(_replace_view_types(field.type)) for field in data_type])
    return data_type


def _filter(rows: Any, where: RowFilter) -> Any:
    import pyarrow as pa
    from pyarrow import compute

    for name, value in where.items():
        if name not in rows.column_names:
            # A column that the table lacks is null.
            rows = rows if value is None else rows.slice(0, 0)
        elif value is None:
            rows = rows.filter(compute.is_null(rows[name]))
        else:
            rows = rows.filter(compute.equal(rows[name].cast(pa.string()), value))
    return rows


def _count_distinct(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    counted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(tuple(value) if isinstance(value, list) else value for value in row.values())
        counted.setdefault(key, {**row, COUNT: 0})[COUNT] += 1
    return list(counted.values())
