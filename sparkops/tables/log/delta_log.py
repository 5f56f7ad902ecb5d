"""A Delta table's versions and history: from its own log where that is on this machine, else by Spark."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.pipeline.table import Commit
from sparkops.tables.backends.deltars.support import opened
from sparkops.tables.catalog import Location
from sparkops.tables.log import local_log
from sparkops.tables.log.commit_info import Mark, commit_of
from sparkops.tables.log.local_log import LogTip
from sparkops.tables.log.log_folder import open_log
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from delta.tables import DeltaTable
    from pyspark.sql import DataFrame

_RECENT = 200
_NEWEST = 20  # commits that are looked through first: what is sought was mostly just made


def delta_table(location: Location, session: Session) -> DeltaTable:
    """Return Delta's own handle of a table."""
    from delta.tables import DeltaTable

    if location.name is not None:
        return DeltaTable.forName(session.get(), location.name)
    return DeltaTable.forPath(session.get(), location.text)


def made(location: Location, session: Session) -> bool:
    """Tell whether a Delta table stands there."""
    if location.local is not None:
        return open_log(location.local) is not None
    from delta.tables import DeltaTable

    if location.name is not None:
        return bool(session.get().catalog.tableExists(location.name))
    return bool(DeltaTable.isDeltaTable(session.get(), location.text))


def tip(location: Location, session: Session, *, at: int | None = None) -> LogTip | None:
    """Return the facts of a table's newest version, or of `at`; None where there is no table."""
    if not made(location, session):
        return None
    found = local_log.latest(location.local, at=at) if location.local else None
    return found or _tip_by_spark(location, session, at)


def history(location: Location, session: Session, *, limit: int | None = None) -> tuple[Commit, ...]:
    """Return a table's commits, newest first."""
    found = local_log.commits(location.local, limit=limit) if location.local else None
    return found if found is not None else _history_by_spark(location, session, limit)


def own_commit(location: Location, session: Session, mark: Mark) -> Commit | None:
    """Return the commit that was already made with a mark in a table, or None."""
    if not made(location, session):
        return None
    if location.local is not None:
        last = _last(location.local, mark.app_id)
        if last is not None and last < mark.number:
            return None
    for limit in (_NEWEST, None) if location.local else (_RECENT,):
        own = next(filter(mark.made, history(location, session, limit=limit)), None)
        if own is not None:
            return own
    return None


def _last(folder: Path, app: str) -> int | None:
    """Return the highest transaction of an application that a table knows, 0 for none; None where that can't be told."""
    known = local_log.transactions(folder)
    if known is not None:
        return known.get(app, 0)
    table = opened(folder) if find_spec("deltalake") else None
    return None if table is None else table.transaction_version(app) or 0


def load(location: Location, session: Session, version: int) -> DataFrame:
    """Return a table at one version."""
    reader = session.get().read.format("delta").option("versionAsOf", version)
    return reader.table(location.name) if location.name is not None else reader.load(location.text)


def schema_json(frame: DataFrame) -> dict[str, Any]:
    """Return a frame's columns in the form that Delta's log has them."""
    found: dict[str, Any] = json.loads(frame.schema.json())
    return found


def _history_by_spark(location: Location, session: Session, limit: int | None) -> tuple[Commit, ...]:
    table = delta_table(location, session)
    frame = table.history() if limit is None else table.history(limit)
    wanted = ["version", "timestamp", "operation", "operationMetrics", "userMetadata"]
    rows = [row.asDict() for row in frame.select(*wanted).collect()]
    return tuple(commit_of(row["version"], row, time=_moment(row["timestamp"])) for row in rows)


def _tip_by_spark(location: Location, session: Session, at: int | None) -> LogTip:
    table = delta_table(location, session)
    detail = table.detail().select("id", "partitionColumns").collect()[0]
    lines = _history_by_spark(location, session, 1 if at is None else None)
    version = lines[0].version if at is None else at
    frame = load(location, session, version)
    return LogTip(
        version=version,
        identity=detail["id"],
        time=next((line.time for line in lines if line.version == version), lines[-1].time),
        schema=schema_json(frame),
        partition_by=tuple(detail["partitionColumns"]),
    )


def _moment(collected: datetime) -> datetime:
    """Return a collected timestamp in UTC: Spark hands it over as this machine's local time."""
    return collected.astimezone(UTC)
