"""Rows that failed a check, kept beside their table with the run that held them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkops.pipeline.table import PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.commit_files import Files
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import Mark
from sparkops.tables.log.delta_log import schema_json, tip
from sparkops.tables.schema import clashes, columns
from sparkops.tables.session import Session
from sparkops.tables.write.publish import publish

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RUN_COLUMN = "_sparkops_run"
REASONS_COLUMN = "_sparkops_reasons"  # what a checkpoint calls them
RELEASE_COLUMN = "_sparkops_release"  # the release or discard that chose the row; added by the first one
RELEASED_COLUMN = "_sparkops_released"  # when that came to its end
OWN_COLUMNS = (RUN_COLUMN, REASONS_COLUMN, RELEASE_COLUMN, RELEASED_COLUMN)
RELEASE, DISCARD = "release-", "discard-"  # how their ids begin


def quarantine(
    location: Location, session: Session, frame: DataFrame, *, mark: Mark, files: Files | None = None
) -> PublishedVersion:
    """Append rejected rows once for a run.

    A column whose type changed since the last time goes under `<column>__<type>`, so that no row is lost to it.

    Args:
        location: Of the quarantine table.
        session: Where the write runs.
        frame: The rejected rows.
        mark: Of the commit; its run is written into each row.
        files: Gives the files of the rows, which may become the table's own.
    """
    from pyspark.sql import functions as F

    marked = frame.withColumn(RUN_COLUMN, F.lit(mark.run_id))
    before = tip(location, session)
    kinds = dict(columns(schema_json(marked)))
    for name in clashes(columns(before.schema), tuple(kinds.items())) if before else ():
        kind = "".join(sign if sign.isalnum() else "_" for sign in kinds[name]).strip("_")
        marked = marked.withColumnRenamed(name, f"{name}__{kind}")
    write = Write(table=location.table, mode="append", schema_change=True)
    return publish(location, session, marked, write, mark=mark, values={}, files=files)
