"""Compute a frame once: write it to Parquet beside the tables, and read it back as often as needed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparkops.core.column_name import quote_column
from sparkops.errors import TableError
from sparkops.pipeline.staging import REASONS_COLUMN, StagedPart
from sparkops.tables.catalog import STAGING, Catalog, join_path, to_local_path
from sparkops.tables.log.delta_log import read_schema_json
from sparkops.tables.session import Session
from sparkops.tables.staging.staged_file import PARTITION_PREFIX, select_staging_partitions
from sparkops.tables.storage import path_exists, remove_folder, require_writable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

# Prefixes of the table's name in the folders of temporary files and of divided frames. No table's name begins with an
# underscore.
_TEMPORARY: Final = "_files-"
_DIVIDED: Final = "_divided-"
# The column whose folders contain the good and the bad rows of a divided frame, and its value in each of them. Its name
# is the bare prefix, which no copy of a partition column has.
_IS_BAD: Final = PARTITION_PREFIX
_FLAG_OF: Final = {"good": 0, "bad": 1}
_COMPLETE: Final = "_SUCCESS"
_AREA = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingArea:
    """What is staged for one run, micro-batch or release.

    Args:
        name: Id of the run or release, or the name of the micro-batch's area.
        bytes: Size of its files.
        changed: When its newest file was written (UTC).
    """

    name: str
    bytes: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Staging:
    """The staged frames of a project, in one folder for each area.

    Args:
        catalog: Locates the warehouse, which contains the staging areas.
        session: Writes and reads.

    Every method raises TableError if the name of an area could lead out of the warehouse.
    """

    catalog: Catalog
    session: Session

    def stage(self, frame: DataFrame, part: StagedPart, *, partition_by: Sequence[str] = ()) -> DataFrame:
        """Write a frame once and return a frame that reads it: same columns and types, every column nullable.

        Args:
            frame: The rows.
            part: Name of the staged frame.
            partition_by: Columns that the files are split by, so that they can become files of the table.

        Raises:
            TableError: The warehouse cannot be written to.
        """
        path = self._path(part)
        _write_parquet(frame, path, partition_by)
        staged = self.session.get().read.schema(frame.schema).parquet(path)
        return staged.select(*(quote_column(name) for name in frame.columns))

    def divide(
        self, frame: DataFrame, area: str, table: str, *, partition_by: Sequence[str] = ()
    ) -> tuple[DataFrame, DataFrame]:
        """Write a frame once, divided into its good and bad rows, and return a frame that reads each.

        Every row is in exactly one part: one job writes both, because a condition such as `day < current_date()` may
        have another result in a second job.

        Args:
            frame: The rows, each with its reasons in `_sparkops_reasons`. Rows without a reason are good.
            area: The staging area.
            table: Table that the rows are for.
            partition_by: Columns that the files are split by, as in `stage`.
        """
        from pyspark.sql import functions as F

        good, bad = StagedPart(area, table, "good"), StagedPart(area, table, "bad")
        is_bad = (F.size(F.col(REASONS_COLUMN)) > 0).cast("int")
        _write_parquet(frame, self._path(good), partition_by, divided_by=is_bad)
        staged = self.session.get().read.schema(_add_flag(frame.schema)).parquet(self._path(good))
        return _select_part(staged, good), _select_part(staged, bad)

    def find(self, part: StagedPart) -> DataFrame | None:
        """Return a frame that was staged completely, or None."""
        path = self._path(part)
        if not path_exists(join_path(path, _COMPLETE), self.session):
            return None
        return _select_part(self.session.get().read.parquet(path), part)

    def discard(self, area: str) -> None:
        """Remove everything that is staged in an area."""
        remove_folder(self.build_path(area), self.session)

    def list_areas(self) -> tuple[StagingArea, ...]:
        """Return the staging areas of a local warehouse, by name; none where the warehouse is not local."""
        folder = to_local_path(join_path(self.catalog.warehouse, STAGING))
        if folder is None or not folder.is_dir():
            return ()
        return tuple(_measure(path) for path in sorted(folder.iterdir()) if path.is_dir())

    def build_path(self, area: str, *names: str) -> str:
        """Return the path or URI of an area, or of what it contains."""
        if not _AREA.fullmatch(area):
            raise TableError(f"`{area}` cannot be a run's id: letters, digits, `-`, `_` and `.` only.")
        return join_path(self.catalog.warehouse, STAGING, area, *names)

    def find_local_folder(self, part: StagedPart) -> Path | None:
        """Return the local folder of the files of a completely staged frame; None on other storage."""
        path = to_local_path(self._path(part))
        # Without this marker, Spark wrote the files incompletely, or to another file system (HDFS, DBFS on Databricks).
        if path is None or not (path / _COMPLETE).is_file():
            return None
        return path if part.rows == "all" else path / f"{_IS_BAD}={_FLAG_OF[part.rows]}"

    @contextmanager
    def temporary_files(
        self, frame: DataFrame, part: StagedPart, *, partition_by: Sequence[str] = ()
    ) -> Iterator[Path | None]:
        """Write a frame to files that exist during the block; None where the warehouse is not local."""
        path = self.build_path(part.area, _TEMPORARY + part.table)
        local = to_local_path(path)
        if local is None:
            yield None
            return
        try:
            _write_parquet(frame, path, partition_by)
            yield local if (local / _COMPLETE).is_file() else None
        finally:
            shutil.rmtree(local, ignore_errors=True)

    def _path(self, part: StagedPart) -> str:
        return self.build_path(part.area, part.table if part.rows == "all" else _DIVIDED + part.table)


def _measure(folder: Path) -> StagingArea:
    # `lstat`, because a link in the folder may lead nowhere.
    stats = [path.lstat() for path in (folder, *folder.rglob("*"))]
    return StagingArea(
        name=folder.name,
        bytes=sum(stat.st_size for stat in stats),
        changed=datetime.fromtimestamp(max(stat.st_mtime for stat in stats), UTC),
    )


def _select_part(staged: DataFrame, part: StagedPart) -> DataFrame:
    """Return the rows of a part with the columns of the table; bad rows keep their reasons."""
    from pyspark.sql import functions as F

    names = [name for name in staged.columns if not name.startswith(PARTITION_PREFIX)]
    if part.rows == "all":
        return staged.select(*map(quote_column, names))
    if part.rows == "good":
        names.remove(REASONS_COLUMN)
    return staged.where(F.col(_IS_BAD) == _FLAG_OF[part.rows]).select(*map(quote_column, names))


def _add_flag(schema: StructType) -> StructType:
    from pyspark.sql.types import IntegerType, StructField, StructType

    return StructType([*schema.fields, StructField(_IS_BAD, IntegerType())])


def _write_parquet(
    frame: DataFrame, path: str, partition_by: Sequence[str], *, divided_by: Column | None = None
) -> None:
    from pyspark.sql import functions as F

    require_writable(path, content="results")
    # The folders are named after copies of the partition columns, so that the files keep the columns themselves.
    copies = {} if divided_by is None else {_IS_BAD: divided_by}
    copies |= {
        PARTITION_PREFIX + name: F.col(quote_column(name))
        for name in select_staging_partitions(read_schema_json(frame), partition_by)
    }
    partitioned = frame.withColumns(copies) if copies else frame
    partitioned.write.mode("overwrite").partitionBy(*copies).parquet(path)
