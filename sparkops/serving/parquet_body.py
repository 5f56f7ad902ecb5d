"""Parquet bodies, read by pyarrow where it is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkops.errors import as_clause
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_rows import RequestRows

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile

MIME = "application/vnd.apache.parquet"
# How much larger than its body a file may become in memory.
_MAX_EXPANSION = 16
_CHUNK_ROWS = 1024


def read_parquet(body: bytes, *, max_rows: int, max_bytes: int) -> RequestRows:
    """Return the rows of a Parquet file. Nulls and NaN are different values in it, and remain so.

    Args:
        body: The file.
        max_rows: Maximum number of rows.
        max_bytes: Maximum size of a body; the file may contain 16 times as much.

    Raises:
        RequestError: pyarrow is not installed, or the file is damaged or too large.
    """
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise RequestError(
            f"{MIME} needs pyarrow, which is not installed here: run `pip install pyarrow`, or send JSON or CSV.",
            status=415,
        ) from error
    try:
        file = ParquetFile(io.BytesIO(body))
        metadata = file.metadata
        _check_groups(metadata, max_rows=max_rows, max_bytes=max_bytes * _MAX_EXPANSION)
        _read_first_rows(file)
        check_size(metadata, max_rows=max_rows, max_values=max_bytes * _MAX_EXPANSION // 8)
        file = ParquetFile(io.BytesIO(body), read_dictionary=_find_text_columns(metadata))
        batches = list(file.iter_batches(_CHUNK_ROWS))
        _check_texts(batches, max_bytes * _MAX_EXPANSION)
    except (pa.ArrowException, OSError, ValueError) as error:
        first_line = as_clause(str(error).partition("\n")[0])
        raise RequestError(f"The body is not a Parquet file that can be read ({first_line}).") from error
    return RequestRows([row for batch in batches for row in _to_rows(batch)], _return_unchanged)


def _check_groups(metadata: FileMetaData, *, max_rows: int, max_bytes: int) -> None:
    """Refuse a file whose groups have wrong numbers of rows, or more rows or bytes than allowed.

    Raises:
        RequestError: The file has more rows or bytes than allowed.
        OSError: It is damaged.
    """
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    rows, size = sum(group.num_rows for group in groups), sum(group.total_byte_size for group in groups)
    if rows != metadata.num_rows or any(group.num_rows < 0 for group in groups):
        raise OSError("the numbers of rows of its groups are wrong")
    if rows > max_rows:
        raise RequestError(f"The request has {rows} rows; send at most {max_rows} at once.", status=413)
    if size > max_bytes:
        raise RequestError(
            f"The Parquet file has {size} bytes; send at most {max_bytes} at once.", status=413
        )


def _read_first_rows(file: ParquetFile) -> None:
    """Read one row of each group, which raises an error if the metadata of a column is damaged.

    Reading such metadata itself, as `check_size` does, would end the process.
    """
    for index in range(file.metadata.num_row_groups):
        if file.metadata.row_group(index).num_rows:
            next(iter(file.iter_batches(1, row_groups=[index])), None)


def check_size(metadata: FileMetaData, *, max_rows: int, max_values: int) -> None:
    """Refuse a file with too many rows or values: a small file may contain very many.

    Raises:
        RequestError: It has more than allowed.
    """
    if metadata.num_rows > max_rows:
        raise RequestError(
            f"The request has {metadata.num_rows} rows; send at most {max_rows} at once.", status=413
        )
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    groups = [group for group in groups if group.num_rows]
    values = sum(group.column(index).num_values for group in groups for index in range(group.num_columns))
    size = sum(group.total_byte_size for group in groups)
    if values > max_values or size > 8 * max_values:
        raise RequestError(
            f"The Parquet file contains {values} values in {size} bytes; send at most {max_values} values in "
            f"{8 * max_values} bytes at once.",
            status=413,
        )


def _check_texts(batches: Sequence[pa.RecordBatch], limit: int) -> None:
    """Refuse texts that are too long in total: a file contains a text once that very many rows repeat."""
    import pyarrow as pa
    from pyarrow import compute

    size = 0
    for column in (column for batch in batches for column in batch.columns):
        if pa.types.is_dictionary(column.type):
            lengths = compute.binary_length(column.dictionary)
            size += compute.sum(lengths.take(column.indices)).as_py() or 0
    if size > limit:
        raise RequestError(
            f"The texts of the Parquet file have {size} bytes; send at most {limit} at once.", status=413
        )


def _find_text_columns(metadata: FileMetaData) -> list[str]:
    """Return the paths of the columns of text.

    They are read as dictionaries, because a text may be repeated very often.
    """
    schema = metadata.schema
    columns = [schema.column(index) for index in range(len(schema))]
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _to_rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    names = batch.schema.names
    columns = [_to_list(column) for column in batch.columns]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _to_list(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    texts = column.dictionary.to_pylist()
    return [None if index is None else texts[index] for index in column.indices.to_pylist()]


def _return_unchanged(value: Any, _type: str) -> Any:
    return value
