"""Compute a frame once: write it beside the tables, and read it back as often as needed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import TableError
from sparkops.tables.catalog import STAGING, Catalog, join, local_path
from sparkops.tables.log.delta_log import schema_json
from sparkops.tables.schema import require_storable
from sparkops.tables.session import Session
from sparkops.tables.staging.staged_file import MARK, staged_by
from sparkops.tables.storage import exists, remove, require_writable
from sparkops.tables.write.replaced_slice import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FILES = "_files-"  # before a table's name, which does not begin so
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def stage(
    catalog: Catalog,
    session: Session,
    frame: DataFrame,
    *,
    table: str,
    run_id: str,
    partition_by: Sequence[str] = (),
) -> DataFrame:
    """Write a frame once and return what reads the result back: same columns and types, every column nullable.

    Args:
        catalog: Says where.
        session: Where the write runs.
        frame: The rows.
        table: Table that they are for.
        run_id: Run that they are of.
        partition_by: Columns by which to split the files, so that they can become the table's own as they are.

    Raises:
        TableError: The columns cannot be stored, or the warehouse cannot be written to.
    """
    require_storable(schema_json(frame), table)
    place = join(_folder(catalog, run_id), table)
    _write(frame, place, partition_by)
    read = session.get().read.schema(frame.schema).parquet(place)
    return read.select(*(quoted(name) for name in frame.columns))


def staged(catalog: Catalog, session: Session, *, table: str, run_id: str) -> DataFrame | None:
    """Return what an earlier attempt of the run staged whole, or None."""
    place = join(_folder(catalog, run_id), table)
    if not exists(join(place, "_SUCCESS"), session):
        return None
    read = session.get().read.parquet(place)
    return read.select(*(quoted(name) for name in read.columns if not name.startswith(MARK)))


@contextmanager
def files(
    catalog: Catalog, frame: DataFrame, *, table: str, run_id: str, partition_by: Sequence[str] = ()
) -> Iterator[Path | None]:
    """Write a frame into files that can become a table's own, for the time of the block; None where that is elsewhere."""
    place = join(_folder(catalog, run_id), _FILES + table)
    local = local_path(place)
    if local is None:
        yield None
        return
    try:
        _write(frame, place, partition_by)
        yield local
    finally:
        shutil.rmtree(local, ignore_errors=True)


def place_of(catalog: Catalog, *, table: str, run_id: str) -> Path | None:
    """Return the folder on this machine in which a run staged a table, or None where it is elsewhere."""
    return local_path(join(_folder(catalog, run_id), table))


def discard(catalog: Catalog, session: Session, run_id: str) -> None:
    """Remove what a run staged."""
    remove(_folder(catalog, run_id), session)


def _write(frame: DataFrame, place: str, partition_by: Sequence[str]) -> None:
    from pyspark.sql import functions as F

    require_writable(place, what="results")
    by = staged_by(schema_json(frame), partition_by)
    marked = frame.withColumns({MARK + name: F.col(quoted(name)) for name in by}) if by else frame
    marked.write.mode("overwrite").partitionBy(*(MARK + name for name in by)).parquet(place)


def _folder(catalog: Catalog, run_id: str) -> str:
    if not _SAFE.fullmatch(run_id):
        raise TableError(f"`{run_id}` cannot be a run's id: letters, digits, `-`, `_` and `.` only.")
    return join(catalog.warehouse, STAGING, run_id)
