"""The history of checks: one flat Delta table with a row for each expectation of each run.

On this machine delta-rs writes and reads it, with no JVM; elsewhere, and where the table has what only Spark writes, Spark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Any

from sparkops.errors import SparkopsError, TableError
from sparkops.pipeline.check import RecordedCheck
from sparkops.tables.backends.deltars.read_arrow import rows_here
from sparkops.tables.backends.deltars.support import opened
from sparkops.tables.catalog import Location
from sparkops.tables.check_history.rows import COLUMNS, arrow, arrow_schema, kept_of, row_of
from sparkops.tables.error_messages.translation import explain
from sparkops.tables.log.commit_info import Mark
from sparkops.tables.log.delta_log import delta_table, made
from sparkops.tables.log.log_folder import open_log
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from deltalake import CommitProperties

_TRIES, _PAUSE = 20, 0.5  # of a commit that another writer was quicker than; seconds between two at most
_COMPACT = 50  # commits after which the small files become one
_BLOCKED, _PUBLISHED = 1, 2  # a run that was blocked and then went on is told twice, each once


def append(
    location: Location, session: Session, kept: Sequence[RecordedCheck], *, mark: Mark, published: bool
) -> None:
    """Append results once for a run: one commit, whatever it was interrupted by.

    Args:
        location: Of the history; made where it is not there.
        session: Used only where delta-rs cannot write.
        kept: The results.
        mark: Of the commit.
        published: The table was published after it; a run that was blocked before may still append that.

    Raises:
        TableError: It cannot be written.
    """
    number = 2 * (mark.number - 1) + (_PUBLISHED if published else _BLOCKED)
    rows = [row_of(each) for each in kept]
    with _told(location):
        if not _append_here(location, rows, mark, number):
            _append_by_spark(location, session, rows, mark, number)


def read(location: Location, session: Session, table: str) -> tuple[RecordedCheck, ...]:
    """Return what is kept about a table, oldest first; none where nothing was kept yet.

    Raises:
        TableError: The history cannot be read.
    """
    with _told(location):
        if not made(location, session):
            return ()
        rows = _read_here(location, table)
        found = _read_by_spark(location, session, table) if rows is None else rows
    return tuple(sorted(map(kept_of, found), key=lambda each: (each.time, each.run, each.position)))


def _append_here(location: Location, rows: Sequence[Mapping[str, Any]], mark: Mark, number: int) -> bool:
    """Append by delta-rs and tell whether that could be done."""
    if location.local is None or find_spec("deltalake") is None:
        return False
    from deltalake import write_deltalake
    from deltalake.exceptions import CommitFailedError

    folder, data, properties = location.local, arrow(rows), _properties(mark, number)
    for tried in range(1, _TRIES + 1):
        there = open_log(folder) is not None  # asked once: another run may make the table at this moment
        table = opened(folder) if there else None
        if there and table is None:
            return False
        if table is not None and (table.transaction_version(mark.app_id) or 0) >= number:
            return True
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_deltalake(
                table or str(folder), data, mode="append", schema_mode="merge", commit_properties=properties
            )
        except CommitFailedError:
            if tried == _TRIES:
                raise
            sleep(uniform(0, min(_PAUSE, 0.01 * 2**tried)))  # noqa: S311 - so that two do not meet again
        else:
            _compact(folder)
            return True
    return False


def _compact(folder: Path) -> None:
    """Make one file of many small ones, now and then; where another run is in the way, a later one does."""
    from deltalake.exceptions import DeltaError

    table = opened(folder)
    if table is not None and table.version() % _COMPACT == _COMPACT - 1:
        with suppress(DeltaError):
            table.optimize.compact()


def _properties(mark: Mark, number: int) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(
        custom_metadata={"userMetadata": mark.note(mode="append")},
        app_transactions=[Transaction(mark.app_id, number)],
        max_commit_retries=0,
    )


def _append_by_spark(
    location: Location, session: Session, rows: Sequence[Mapping[str, Any]], mark: Mark, number: int
) -> None:
    ddl = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS.items())
    frame = session.get().createDataFrame([tuple(row.values()) for row in rows], ddl).coalesce(1)
    new = location.name is not None and not made(
        location, session
    )  # a metastore's table loses the marks else
    marks = {**mark.options(mode="append"), "txnVersion": str(number)}
    writer = frame.write.format("delta").mode("overwrite" if new else "append").options(**marks)
    if location.name is not None:
        writer.saveAsTable(location.name)
    else:
        writer.option("mergeSchema", "true").save(location.text)


def _read_here(location: Location, table: str) -> list[dict[str, Any]] | None:
    """Return the rows about a table by delta-rs, or None where it cannot read them."""
    found = rows_here(location)
    if found is None:
        return None
    from pyarrow import compute

    known = found.select(list(COLUMNS)).cast(arrow_schema())
    rows: list[dict[str, Any]] = known.filter(compute.equal(known["table"], table)).to_pylist()
    return rows


def _read_by_spark(location: Location, session: Session, table: str) -> list[dict[str, Any]]:
    from pyspark.sql import functions as F

    found = delta_table(location, session).toDF().where(F.col("table") == table).collect()
    return [row.asDict() for row in found]


@contextmanager
def _told(location: Location) -> Iterator[None]:
    """Turn whatever goes wrong with the history into one kind of error."""
    try:
        yield
    except SparkopsError:
        raise
    except Exception as error:
        told = explain(error) or f"{type(error).__name__}: {error}"
        raise TableError(f"The history of checks at {location.text}: {told}") from error
