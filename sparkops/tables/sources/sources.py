"""Read-only sources: csv, json and parquet files, or a table of a metastore that is not Delta."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import BadData, UnknownName, VersionGone
from sparkops.pipeline.table import Pin
from sparkops.tables.catalog import Location
from sparkops.tables.session import Session
from sparkops.tables.sources.source_files import readable, source_fingerprint

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("sparkops.tables")
_MOMENT = "%Y-%m-%d %H:%M:%SZ"

# A declared schema is a promise: a record of another shape, or a cell of another type in a column that is read,
# stops the read, and a header in another order is not read under the declared names.
STRICT = {
    "csv": {"mode": "FAILFAST", "enforceSchema": "false", "columnPruning": "false"},
    "json": {"mode": "FAILFAST"},
}


def pin_source(location: Location, session: Session, *, at: int | None, as_of: datetime | None) -> Pin:
    """Return a source's identity: the fingerprint of its files.

    Raises:
        UnknownName: A version was asked for, and files have none.
        BadData: There is no file.
    """
    if at is not None:
        advice = "It is a read-only source, whose files have no versions."
        raise UnknownName("version", str(at), where=f"`{location.table}`", advice=advice)
    identity, time = fingerprint(location, session)
    if as_of is not None and time is not None and time > as_of:
        log.warning(
            "Source `%s` is read as it is now, not as of %s: files have no versions, and its newest is of %s.",
            location.table, f"{as_of:{_MOMENT}}", f"{time:{_MOMENT}}",
        )  # fmt: skip
    text = location.ddl or f"{location.format} {sorted(location.options.items())}"
    return Pin(
        table=location.table,
        kind="source",
        location=location.text,
        version=None,
        identity=identity,
        schema_hash=hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16],
        time=time,
    )


def read_source(location: Location, pin: Pin, session: Session, *, cache: Path) -> DataFrame:
    """Return a source's rows, if its files are still those of the pin.

    Raises:
        VersionGone: The files changed since they were pinned.
    """
    if fingerprint(location, session)[0] != pin.identity:
        raise VersionGone(
            f"The files of source `{pin.table}` ({pin.location}) changed since the run pinned them: "
            "run again to read them as they are now."
        )
    reader = session.get().read.format(location.format)
    if location.name is not None:
        return session.get().read.options(**location.options).table(location.name)
    if location.ddl is not None:
        reader = reader.schema(location.ddl).options(**STRICT.get(location.format, {}))
    local = location.local
    if local is None:
        return reader.options(**location.options).load(location.text)
    paths = readable(local, name=pin.table, fingerprint=pin.identity, cache=cache)
    return reader.options(**location.options).load(list(paths))


def fingerprint(location: Location, session: Session) -> tuple[str, datetime | None]:
    """Return a source's fingerprint and the time of its newest file.

    Raises:
        BadData: There is no file.
    """
    if location.name is not None:
        return hashlib.sha256(location.name.encode()).hexdigest()[:16], None
    found = source_fingerprint(location.local) if location.local else _listed_by_spark(location, session)
    if found is None:
        raise BadData(
            f"Source `{location.table}` has no file at {location.text}: put it there, "
            f"or change `tables.{location.table}.path` in conf."
        )
    return found


def _listed_by_spark(location: Location, session: Session) -> tuple[str, datetime] | None:
    """List files that only Spark can reach; their contents are not read."""
    from pyspark.errors import AnalysisException

    try:
        files = session.get().read.format("binaryFile").load(location.text)
        rows = files.select("path", "length", "modificationTime").collect()
    except AnalysisException:
        return None
    if not rows:
        return None
    text = "\n".join(sorted(f"{r['path']} {r['length']} {r['modificationTime']}" for r in rows))
    newest = max(r["modificationTime"] for r in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16], newest.astimezone(UTC)
