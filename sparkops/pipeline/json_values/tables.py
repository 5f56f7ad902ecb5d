"""Facts of tables as the JSON values of records, tags and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sparkops.pipeline.table import Commit, Pin, PublishedVersion, StreamProgress, TableInfo


def pin_to_json(pin: Pin) -> dict[str, Any]:
    """Return a pinned table version as JSON values."""
    return {
        "table": pin.table,
        "kind": pin.kind,
        "location": pin.location,
        "version": pin.version,
        "identity": pin.identity,
        "schema_hash": pin.schema_hash,
        "time": pin.time,
        **({"options_hash": pin.options_hash} if pin.options_hash else {}),
    }


def pin_from_json(table: str, value: Mapping[str, Any]) -> Pin:
    """Return the pinned version of a table from a record; keys that an old record lacks stay empty."""
    time = value.get("time")
    return Pin(
        table=table,
        kind=value.get("kind", "source"),
        location=value.get("location", ""),
        version=value.get("version"),
        identity=value.get("identity", ""),
        schema_hash=value.get("schema_hash", ""),
        time=datetime.fromisoformat(time) if isinstance(time, str) else time,
        options_hash=value.get("options_hash", ""),
    )


def stream_progress_to_json(progress: StreamProgress) -> dict[str, Any]:
    """Return the progress of a stream as JSON values, without what is not known."""
    values = {
        "batch": progress.batch,
        "rows": progress.rows,
        "rows_per_second": progress.rows_per_second,
        "ended": progress.ended.isoformat() if progress.ended is not None else None,
        "next_version": progress.next_version,
        "files": progress.files,
        "bytes": progress.bytes,
    }
    return {name: value for name, value in values.items() if value is not None}


def published_version_to_json(published: PublishedVersion) -> dict[str, Any]:
    """Return a published table version as JSON values."""
    return {
        "table": published.table,
        "version": published.version,
        "rows": published.rows,
        "location": published.location,
        "identity": published.identity,
        "schema_hash": published.schema_hash,
        "already": published.already_published,
    }


def commit_to_json(commit: Commit) -> dict[str, Any]:
    """Return one commit of a table's history as JSON values."""
    batch = commit.batch
    return {
        "version": commit.version,
        "time": commit.time,
        "operation": commit.operation,
        "rows": commit.rows,
        "run_id": commit.run_id,
        "batch": None if batch is None else {"stream": batch.stream, "number": batch.number},
    }


def table_info_to_json(info: TableInfo) -> dict[str, Any]:
    """Return one table of the catalog as JSON values."""
    return {
        "name": info.name,
        "kind": info.kind,
        "location": info.location,
        "exists": info.exists,
        "version": info.version,
        "time": info.time,
        "description": info.description,
    }
