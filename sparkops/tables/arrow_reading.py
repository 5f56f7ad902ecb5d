"""Read rows of a table as Arrow, without Spark: for previews, and for what a run wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableError, VersionGone, as_clause
from sparkops.tables.backends.deltars.support import open_if_supported
from sparkops.tables.backends.protocol import UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa


def read_rows(folder: Path, version: int, *, limit: int, files: Collection[str] | None = None) -> pa.Table:
    """Return the first rows of a version of a table.

    Args:
        folder: The table's folder.
        version: The version.
        limit: Largest number of rows.
        files: Names of the data files to read; None for all of the version.

    Raises:
        TableError: Only Spark can read the table.
        VersionGone: Files of the version were removed.
    """
    from deltalake.exceptions import DeltaError
    from pyarrow import ArrowException, dataset

    try:
        # Spark writes times as INT96, which would be read as nanoseconds.
        options = dataset.ParquetReadOptions(coerce_int96_timestamp_unit="us")
        table = open_if_supported(folder, version=version)
        rows: Any = table.to_pyarrow_dataset(parquet_read_options=options)
        if files is not None:
            parts = [part for part in rows.get_fragments() if part.path.rpartition("/")[2] in files]
            rows = dataset.FileSystemDataset(parts, rows.schema, rows.format, filesystem=rows.filesystem)
        return rows.head(limit)
    except FileNotFoundError as error:
        raise VersionGone(
            f"Files of version {version} of {folder.name} were removed: {as_clause(error)}."
        ) from error
    except (UnsupportedOperation, DeltaError, ArrowException, OSError) as error:
        raise TableError(
            f"The rows of {folder.name} can only be read by Spark: {as_clause(error)}."
        ) from error
