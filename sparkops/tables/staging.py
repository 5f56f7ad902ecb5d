"""Compute a frame once: write it beside the tables, and read it back as often as needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sparkops.errors import TableError
from sparkops.tables.catalog import STAGING, Catalog, join
from sparkops.tables.delta_log import schema_json
from sparkops.tables.schema import require_storable
from sparkops.tables.session import Session
from sparkops.tables.storage import exists, remove, require_writable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def stage(catalog: Catalog, session: Session, frame: DataFrame, *, table: str, run_id: str) -> DataFrame:
    """Write a frame once and return what reads the result back: same columns and types, every column nullable.

    Raises:
        TableError: The columns cannot be stored, or the warehouse cannot be written to.
    """
    require_storable(schema_json(frame), table)
    folder = _folder(catalog, run_id)
    require_writable(folder, what="results")
    place = join(folder, table)
    frame.write.mode("overwrite").parquet(place)
    return session.get().read.schema(frame.schema).parquet(place)


def staged(catalog: Catalog, session: Session, *, table: str, run_id: str) -> DataFrame | None:
    """Return what an earlier attempt of the run staged whole, or None."""
    place = join(_folder(catalog, run_id), table)
    if not exists(join(place, "_SUCCESS"), session):
        return None
    return session.get().read.parquet(place)


def discard(catalog: Catalog, session: Session, run_id: str) -> None:
    """Remove what a run staged."""
    remove(_folder(catalog, run_id), session)


def _folder(catalog: Catalog, run_id: str) -> str:
    if not _SAFE.fullmatch(run_id):
        raise TableError(f"`{run_id}` cannot be a run's id: letters, digits, `-`, `_` and `.` only.")
    return join(catalog.warehouse, STAGING, run_id)
