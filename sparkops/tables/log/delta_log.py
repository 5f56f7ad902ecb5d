"""Versions and history of a Delta table: from its log where that is on this machine, else by Spark."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sparkops.pipeline.table import Commit
from sparkops.tables.catalog import Location, to_local_path
from sparkops.tables.log import local_log
from sparkops.tables.log.commit_info import parse_commit
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.log.log_folder import open_log
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from delta.tables import DeltaTable
    from pyspark.sql import DataFrame


def open_delta_table(location: Location, session: Session) -> DeltaTable:
    """Return Spark's handle of a Delta table."""
    from delta.tables import DeltaTable

    if location.name is not None:
        return DeltaTable.forName(session.get(), location.name)
    return DeltaTable.forPath(session.get(), location.address)


def table_exists(location: Location, session: Session) -> bool:
    """Return whether there is a Delta table at a location."""
    if location.local is not None:
        return open_log(location.local) is not None
    from delta.tables import DeltaTable

    if location.name is not None:
        return bool(session.get().catalog.tableExists(location.name))
    return bool(DeltaTable.isDeltaTable(session.get(), location.address))


def find_version(location: Location, session: Session, *, at: int | None = None) -> TableVersion | None:
    """Return the newest version of a table, or version `at`; None where there is no table."""
    if not table_exists(location, session):
        return None
    local = local_log.read_version(location.local, at=at) if location.local else None
    return local or _find_version_by_spark(location, session, at)


def read_history(location: Location, session: Session, *, limit: int | None = None) -> tuple[Commit, ...]:
    """Return the commits of a table, newest first."""
    local = local_log.read_commits(location.local, limit=limit) if location.local else None
    return local if local is not None else _read_history_by_spark(location, session, limit)


def load_version(location: Location, session: Session, version: int) -> DataFrame:
    """Return a table at one version."""
    reader = session.get().read.format("delta").option("versionAsOf", version)
    return reader.table(location.name) if location.name is not None else reader.load(location.address)


def read_schema_json(frame: DataFrame) -> dict[str, Any]:
    """Return the schema of a frame in the JSON form of Delta's log."""
    schema: dict[str, Any] = json.loads(frame.schema.json())
    return schema


def _read_history_by_spark(location: Location, session: Session, limit: int | None) -> tuple[Commit, ...]:
    table = open_delta_table(location, session)
    frame = table.history() if limit is None else table.history(limit)
    columns = ["version", "timestamp", "operation", "operationMetrics", "userMetadata"]
    rows = [row.asDict() for row in frame.select(*columns).collect()]
    return tuple(parse_commit(row["version"], row, time=_to_utc(row["timestamp"])) for row in rows)


def _find_version_by_spark(location: Location, session: Session, at: int | None) -> TableVersion:
    table = open_delta_table(location, session)
    detail = table.detail().select("id", "partitionColumns", "properties", "location").collect()[0]
    folder = to_local_path(detail["location"])
    version_in_log = local_log.read_version(folder, at=at) if folder else None
    # Only the log tells which columns the table computes.
    if version_in_log is not None and version_in_log.identity == detail["id"]:
        return version_in_log
    commits = _read_history_by_spark(location, session, 1 if at is None else None)
    version = commits[0].version if at is None else at
    frame = load_version(location, session, version)
    return TableVersion(
        version=version,
        identity=detail["id"],
        time=next((commit.time for commit in commits if commit.version == version), commits[-1].time),
        schema=read_schema_json(frame),
        partition_by=tuple(detail["partitionColumns"]),
        properties=dict(detail["properties"] or {}),
    )


def _to_utc(collected: datetime) -> datetime:
    """Return a collected timestamp in UTC; Spark returns it in the local time zone, without a zone."""
    return collected.astimezone(UTC)
