"""Rows that failed a check, kept beside their table with the run that quarantined them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkops.pipeline.staging import REASONS_COLUMN
from sparkops.pipeline.table import PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables.backends.protocol import OpenFiles
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import find_version, load_version, read_schema_json
from sparkops.tables.schema import find_type_conflicts, list_columns
from sparkops.tables.session import Session
from sparkops.tables.write.publish import Publication, publish_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RUN_COLUMN = "_sparkops_run"
# Id of the release or discard that selected the row, and when that was completed. The first release adds both columns.
RELEASE_COLUMN = "_sparkops_release"
RELEASE_TIME_COLUMN = "_sparkops_released"
OWN_COLUMNS = (RUN_COLUMN, REASONS_COLUMN, RELEASE_COLUMN, RELEASE_TIME_COLUMN)


def append_rejected(
    location: Location,
    session: Session,
    frame: DataFrame,
    *,
    write_id: WriteId,
    open_files: OpenFiles | None = None,
    replace: bool = False,
) -> PublishedVersion:
    """Append rejected rows to a quarantine, once for a run.

    A column whose type differs from the quarantine's is stored as `<column>__<type>`, so that no row is lost.

    Args:
        location: The quarantine.
        session: Reads and writes.
        frame: The rejected rows.
        write_id: Identifies the write. Its run is stored in each row.
        open_files: Gives the files of the rows, which may become files of the quarantine.
        replace: Whether the rows replace all others, as their table is overwritten.
    """
    from pyspark.sql import functions as F

    rows = frame.withColumn(RUN_COLUMN, F.lit(write_id.run_id))
    current = None if replace else find_version(location, session)
    types = dict(list_columns(read_schema_json(rows)))
    for name in find_type_conflicts(list_columns(current.schema), tuple(types.items())) if current else ():
        suffix = "".join(char if char.isalnum() else "_" for char in types[name]).strip("_")
        rows = rows.withColumnRenamed(name, f"{name}__{suffix}")
    write = Write(table=location.table, mode="overwrite" if replace else "append", schema_change=True)
    publication = Publication(frame=rows, write=write, write_id=write_id, open_files=open_files)
    return publish_frame(location, session, publication)


def clear_quarantine(location: Location, session: Session, *, write_id: WriteId) -> None:
    """Remove all rows of a quarantine, once for a run; its older versions keep them. Nothing is done if it has none."""
    version = find_version(location, session)
    if version is None:
        return
    rows = load_version(location, session, version.version)
    if rows.isEmpty():
        return
    publication = Publication(frame=rows.limit(0), write=Write(table=location.table), write_id=write_id)
    publish_frame(location, session, publication)
