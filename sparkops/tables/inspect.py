"""What a person asks of a table: its facts, history, first rows, number of rows, and an old version back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkops.errors import InputError, SparkopsError, TableError
from sparkops.pipeline.table import Commit, PublishedVersion, TableInfo
from sparkops.tables.catalog import Catalog, Location
from sparkops.tables.error_messages.translation import explain
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import delta_table, history, made, schema_json, tip
from sparkops.tables.log.replay import row_count
from sparkops.tables.read import pin, read
from sparkops.tables.schema import Columns, columns, schema_hash
from sparkops.tables.session import Session
from sparkops.tables.sources.source_files import source_fingerprint


def info(catalog: Catalog, session: Session, table: str) -> TableInfo:
    """Return one line of the list of tables."""
    location = catalog.locate(table)
    version = time = None
    if location.kind == "delta":
        newest = tip(location, session)
        exists = newest is not None
        version, time = (newest.version, newest.time) if newest else (None, None)
    elif location.local is not None:
        found = source_fingerprint(location.local)
        exists, time = found is not None, found[1] if found else None
    else:
        exists = location.name is None or bool(session.get().catalog.tableExists(location.name))
    return TableInfo(
        name=table,
        kind=location.kind,
        location=location.text,
        exists=exists,
        version=version,
        time=time,
        description=location.description,
    )


def schema(catalog: Catalog, session: Session, table: str, *, at: int | None, cache: Path) -> Columns:
    """Return column names and types of a table."""
    pinned = pin(catalog, session, table, at=at)
    location = catalog.locate(table)
    found = tip(location, session, at=pinned.version) if location.kind == "delta" else None
    if found is not None:
        return columns(found.schema)
    with _told():
        return columns(schema_json(read(catalog, session, pinned, cache=cache)))


def told(catalog: Catalog, table: str, *, at: int | None) -> Mapping[str, Any] | None:
    """Return Delta's own JSON of a table's columns; None where no log on this machine tells them."""
    location = catalog.locate(table)
    path = location.local if location.kind == "delta" and location.name is None else None
    found = local_log.latest(path, at=at) if path is not None else None
    return found.schema if found is not None and found.schema.get("fields") else None


def commits(catalog: Catalog, session: Session, table: str, limit: int | None) -> tuple[Commit, ...]:
    """Return a table's commits, newest first."""
    with _told():
        return history(_delta(catalog, session, table), session, limit=limit)


def count(catalog: Catalog, session: Session, table: str, *, at: int | None, cache: Path) -> int:
    """Return a table's number of rows."""
    pinned = pin(catalog, session, table, at=at)
    local = catalog.locate(table).local
    counted = row_count(local, pinned.version) if local and pinned.version is not None else None
    if counted is not None:
        return counted
    with _told():
        return int(read(catalog, session, pinned, cache=cache).count())


def preview(
    catalog: Catalog, session: Session, table: str, rows: int, *, at: int | None, cache: Path
) -> tuple[dict[str, Any], ...]:
    """Return the first rows of a table."""
    pinned = pin(catalog, session, table, at=at)
    with _told():
        found = read(catalog, session, pinned, cache=cache).limit(rows).collect()
    return tuple(row.asDict(recursive=True) for row in found)


def restore(catalog: Catalog, session: Session, table: str, version: int) -> PublishedVersion:
    """Make a new version of a table that equals an old one.

    Raises:
        VersionGone: The old version's files were removed.
        UnknownName: There is no such version.
    """
    location = _delta(catalog, session, table)
    pin(catalog, session, table, at=version)
    with _told():
        delta_table(location, session).restoreToVersion(version)
    found = tip(location, session)
    if found is None:
        raise TableError(f"Table `{table}` cannot be read after it was restored.")
    rows = row_count(location.local, found.version) if location.local else None
    if rows is None:
        rows = int(delta_table(location, session).toDF().count())
    return PublishedVersion(
        table=table,
        version=found.version,
        rows=rows,
        location=location.text,
        identity=found.identity,
        schema_hash=schema_hash(found.schema),
    )


def _delta(catalog: Catalog, session: Session, table: str) -> Location:
    location = catalog.locate(table)
    if location.kind == "source":
        raise InputError(f"`{table}` is a read-only source ({location.format}): its files have no versions.")
    if not made(location, session):
        raise catalog.unknown(table)
    return location


@contextmanager
def _told() -> Iterator[None]:
    """Turn an error of Spark into one that a person understands, where there is one."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except SparkopsError:
        raise
    except (PySparkException, Py4JError) as error:
        told = explain(error)
        if told is None:
            raise
        raise told from error
