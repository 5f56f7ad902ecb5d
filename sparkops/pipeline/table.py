"""Facts about tables: pinned and published versions, micro-batches, history and catalog entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The version of a table that a run reads.

    Args:
        table: Name in the catalog.
        kind: `delta` for a versioned table, `source` for read-only files.
        location: Path, URI or metastore name.
        version: Delta version; None for a source.
        identity: Delta table id, or a fingerprint of a source's files (names, sizes, modification times).
        schema_hash: Hash of the column names and types.
        time: When that version was committed (UTC), or the newest file of a source.
        options_hash: Hash of how a source is read: format, columns, encoding, options; empty for a Delta table.
    """

    table: str
    kind: Literal["delta", "source"]
    location: str
    version: int | None
    identity: str
    schema_hash: str
    time: datetime | None = None
    options_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProgress:
    """How far a stream has read, after a micro-batch.

    Args:
        batch: Number of the micro-batch.
        rows: Rows that it read.
        rows_per_second: Rows that it read in a second of its time, as Spark reports it; None if that is not known.
        ended: When it ended (UTC).
        next_version: The version of the Delta table from which it reads on; None if it is no Delta table.
        files: Files that are not read yet, and with them `bytes`; None if the source does not say it.
        bytes: Bytes that are not read yet.
    """

    batch: int
    rows: int
    rows_per_second: float | None = None
    ended: datetime | None = None
    next_version: int | None = None
    files: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroBatch:
    """A micro-batch of a stream; contains the same rows in every run that computes it.

    Args:
        stream: Id of the stream, from its checkpoint.
        number: Number of the batch, from 0.
    """

    stream: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A table version that a run published.

    Args:
        table: Name in the catalog.
        version: Delta version that contains the published rows.
        rows: Rows published by this write.
        location: Path, URI or metastore name.
        identity: Delta table id.
        schema_hash: Hash of the column names and types.
        already_published: Whether an earlier attempt had published it, so that nothing was written.
    """

    table: str
    version: int
    rows: int
    location: str
    identity: str
    schema_hash: str
    already_published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One entry of a Delta table's history; `batch` is the micro-batch that the commit published, if any."""

    version: int
    time: datetime
    operation: str
    rows: int | None
    run_id: str | None
    batch: MicroBatch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """The rows of a table in two versions, each None where the table's log does not tell.

    Args:
        added: Rows that the commits between them added; an updated row is added and removed.
        removed: Rows that they removed.
        rows_before: Rows of the first version.
        rows_after: Rows of the second one.
    """

    added: int | None = None
    removed: int | None = None
    rows_before: int | None = None
    rows_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table of the catalog; `version` is None for a source and before the table exists."""

    name: str
    kind: Literal["delta", "source"]
    location: str
    exists: bool
    version: int | None
    time: datetime | None
    description: str = ""
