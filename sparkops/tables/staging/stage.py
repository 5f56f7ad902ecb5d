"""Compute a frame once: write it to Parquet beside the tables, and read it back as often as needed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import TableError
from sparkops.tables.catalog import STAGING, Catalog, join_path, local_path
from sparkops.tables.log.delta_log import schema_json
from sparkops.tables.schema import require_storable
from sparkops.tables.session import Session
from sparkops.tables.sql_text import quote_name
from sparkops.tables.staging.staged_file import PARTITION_PREFIX, staging_partitions
from sparkops.tables.storage import path_exists, remove_folder, require_writable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Precedes the table's name in the folder of temporary files. No table's name begins with an underscore.
_TEMPORARY = "_files-"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class StagingArea:
    """The staged frames of one run.

    Args:
        catalog: Locates the warehouse, which contains the staging area.
        session: Writes and reads.
        run_id: The run.

    Raises:
        TableError: The run id cannot be the name of a folder.
    """

    catalog: Catalog
    session: Session
    run_id: str

    def __post_init__(self) -> None:
        """Refuse a run id that could lead out of the warehouse."""
        if not _RUN_ID.fullmatch(self.run_id):
            raise TableError(f"`{self.run_id}` cannot be a run's id: letters, digits, `-`, `_` and `.` only.")

    @property
    def folder(self) -> str:
        """Return the path or URI of the run's staged frames."""
        return join_path(self.catalog.warehouse, STAGING, self.run_id)

    def stage(self, frame: DataFrame, table: str, *, partition_by: Sequence[str] = ()) -> DataFrame:
        """Write a frame once and return a frame that reads it: same columns and types, every column nullable.

        Args:
            frame: The rows.
            table: Table that they are for.
            partition_by: Columns that the files are split by, so that they can become files of the table.

        Raises:
            TableError: The columns cannot be stored, or the warehouse cannot be written to.
        """
        require_storable(schema_json(frame), table)
        path = join_path(self.folder, table)
        _write_parquet(frame, path, partition_by)
        staged = self.session.get().read.schema(frame.schema).parquet(path)
        return staged.select(*(quote_name(name) for name in frame.columns))

    def find(self, table: str) -> DataFrame | None:
        """Return the frame that an earlier attempt of the run staged completely, or None."""
        path = join_path(self.folder, table)
        if not path_exists(join_path(path, "_SUCCESS"), self.session):
            return None
        staged = self.session.get().read.parquet(path)
        names = [name for name in staged.columns if not name.startswith(PARTITION_PREFIX)]
        return staged.select(*map(quote_name, names))

    def local_folder(self, table: str) -> Path | None:
        """Return the local folder of the files staged for a table; None on other storage."""
        return local_path(join_path(self.folder, table))

    @contextmanager
    def temporary_files(
        self, frame: DataFrame, table: str, *, partition_by: Sequence[str] = ()
    ) -> Iterator[Path | None]:
        """Write a frame to files that exist during the block; None where the warehouse is not local."""
        path = join_path(self.folder, _TEMPORARY + table)
        local = local_path(path)
        if local is None:
            yield None
            return
        try:
            _write_parquet(frame, path, partition_by)
            yield local
        finally:
            shutil.rmtree(local, ignore_errors=True)

    def remove(self) -> None:
        """Remove everything that the run staged."""
        remove_folder(self.folder, self.session)


def _write_parquet(frame: DataFrame, path: str, partition_by: Sequence[str]) -> None:
    from pyspark.sql import functions as F

    require_writable(path, what="results")
    # The folders are named after copies of the partition columns, so that the files keep the columns themselves.
    copies = {
        PARTITION_PREFIX + name: F.col(quote_name(name))
        for name in staging_partitions(schema_json(frame), partition_by)
    }
    partitioned = frame.withColumns(copies) if copies else frame
    partitioned.write.mode("overwrite").partitionBy(*copies).parquet(path)
