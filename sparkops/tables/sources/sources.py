"""Pin and read sources: files of CSV, JSON, Parquet, ORC, Avro or text, or a metastore table that is not Delta."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sparkops.errors import BadData, UnknownName, VersionGone
from sparkops.pipeline.table import Pin
from sparkops.tables.catalog import Location
from sparkops.tables.session import Session
from sparkops.tables.sources.reading import read_files
from sparkops.tables.sources.source_files import fingerprint_files, unpack_archives
from sparkops.tables.sources.unread_files import require_files_are_read

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

_log = logging.getLogger("sparkops.tables")
_TIME_FORMAT = "%Y-%m-%d %H:%M:%SZ"


def pin_source(location: Location, session: Session, *, at: int | None, as_of: datetime | None) -> Pin:
    """Return the pin of a source: the fingerprint of its files.

    Raises:
        UnknownName: A version was given, and files have none.
        BadData: There is no file.
    """
    if at is not None:
        advice = "It is a read-only source, whose files have no versions."
        raise UnknownName("version", str(at), where=f"`{location.table}`", advice=advice)
    identity, time = identify_source(location, session)
    if as_of is not None and time is not None and time > as_of:
        _log.warning(
            "Source `%s` is read as it is now, not as of %s: files have no versions, and the newest file is of %s.",
            location.table, f"{as_of:{_TIME_FORMAT}}", f"{time:{_TIME_FORMAT}}",
        )  # fmt: skip
    text = location.ddl or f"{location.format} {sorted(location.options.items())}"
    # Nothing here tells whether the rows of a metastore table changed: no two pins of it are equal.
    options = _describe_options(location) if location.name is None else uuid4().hex
    return Pin(
        table=location.table,
        kind="source",
        location=location.address,
        version=None,
        identity=identity,
        schema_hash=_hash(" ".join(text.split())),
        time=time,
        options_hash=_hash(options),
    )


def _describe_options(location: Location) -> str:
    """Return everything that determines which rows are read from given files."""
    facts = {
        "format": location.format,
        "schema": " ".join((location.ddl or "").split()),
        "encoding": location.encoding,
        "options": dict(location.options),
        "optional": sorted(location.optional),
        "strict": location.strict,
    }
    return json.dumps(facts, sort_keys=True, default=str)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_source(location: Location, pin: Pin, session: Session, *, cache: Path) -> DataFrame:
    """Return the rows of a source, if its files are still those of the pin.

    Raises:
        VersionGone: The files changed since they were pinned.
        BadData: The files lack a declared column, or have it with another type.
    """
    if identify_source(location, session)[0] != pin.identity:
        raise VersionGone(
            f"The files of source `{pin.table}` ({pin.location}) changed since the run pinned them: "
            "run again to read them as they are now."
        )
    spark = session.get()
    if location.name is not None:
        return spark.read.options(**location.options).table(location.name)
    local = location.local
    paths = (
        (location.address,)
        if local is None
        else unpack_archives(local, name=pin.table, fingerprint=pin.identity, cache=cache)
    )

    def load(options: Mapping[str, str], columns: StructType | None) -> DataFrame:
        reader = spark.read.format(location.format).options(**options)
        return (reader if columns is None else reader.schema(columns)).load(list(paths))

    return read_files(location, spark, paths, load)


def identify_source(location: Location, session: Session) -> tuple[str, datetime | None]:
    """Return the fingerprint of a source and the time of its newest file.

    Raises:
        BadData: There is no file, or Spark would leave out some of them.
    """
    if location.name is not None:
        return _hash(location.name), None
    if location.local is not None:
        require_files_are_read(location)
        identity = fingerprint_files(location.local)
    else:
        identity = _fingerprint_by_spark(location, session)
    if identity is None:
        raise BadData(
            f"Source `{location.table}` has no file at {location.address}: put it there, "
            f"or change `tables.{location.table}.path` in conf."
        )
    return identity


def _fingerprint_by_spark(location: Location, session: Session) -> tuple[str, datetime] | None:
    """Return the fingerprint of files that only Spark can list; their contents are not read."""
    from pyspark.errors import AnalysisException

    try:
        reader = session.get().read.format("binaryFile").option("recursiveFileLookup", "true")
        files = reader.load(location.address)
        rows = files.select("path", "length", "modificationTime").collect()
    except AnalysisException:
        return None
    if not rows:
        return None
    require_files_are_read(location, [row["path"] for row in rows])
    text = "\n".join(sorted(f"{r['path']} {r['length']} {r['modificationTime']}" for r in rows))
    newest = max(r["modificationTime"] for r in rows)
    return _hash(text), newest.astimezone(UTC)
