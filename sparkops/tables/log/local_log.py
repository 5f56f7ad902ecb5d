"""Facts of a Delta table read from its log's own JSON, with no Spark; None where the log cannot be read so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.pipeline.table import Commit
from sparkops.tables.log.commit_info import commit_of
from sparkops.tables.log.log_folder import LogFolder, actions, commit_info, open_log

# Tables whose newest commits may stand elsewhere: only their catalog knows the newest version.
_ELSEWHERE = {"catalogManaged", "catalogOwned-preview", "coordinatedCommits-preview"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTip:
    """One version of a table, as its log tells it.

    Args:
        version: The version.
        identity: Delta's id of the table; another one means that the table was made anew.
        time: When the version was committed (UTC).
        schema: Delta's own JSON of the columns.
        partition_by: Columns that the table is partitioned by.
    """

    version: int
    identity: str
    time: datetime
    schema: Mapping[str, Any]
    partition_by: tuple[str, ...] = ()


def latest(path: Path, *, at: int | None = None) -> LogTip | None:
    """Return the newest version of the table in a folder, or version `at`.

    Args:
        path: The table's folder.
        at: Another version than the newest.

    Returns:
        None where there is no log, where that version cannot be rebuilt, or where the log is of a kind not read here.
    """
    log = open_log(path)
    if log is None:
        return None
    version = log.newest if at is None else at
    if not log.oldest <= version <= log.newest:
        return None
    try:
        metadata = _metadata(log, version)
        if metadata is None:
            return None
        return LogTip(
            version=version,
            identity=metadata["id"],
            time=_time(log, version),
            schema=json.loads(metadata["schemaString"]),
            partition_by=tuple(metadata.get("partitionColumns") or ()),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def commits(path: Path, *, limit: int | None = None) -> tuple[Commit, ...] | None:
    """Return the table's commits, newest first; their times never rise towards the older.

    Args:
        path: The table's folder.
        limit: How many at most.
    """
    log = open_log(path)
    if log is None:
        return None
    found: list[Commit] = []
    try:
        for version in sorted(log.commits, reverse=True)[:limit]:
            commit = commit_of(version, commit_info(log.commits[version]), time=_time(log, version))
            found.append(commit)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return tuple(found)


def earliest(path: Path) -> int | None:
    """Return the oldest version that the log can still rebuild."""
    log = open_log(path)
    return None if log is None else log.oldest


def transactions(path: Path) -> Mapping[str, int] | None:
    """Return each application id whose transactions the newest version knows, with the last; None when it lists none."""
    log = open_log(path)
    if log is None or log.newest not in log.checksums:
        return None
    try:
        listed = json.loads(log.checksums[log.newest].read_text(encoding="utf-8")).get("setTransactions")
        return None if listed is None else {entry["appId"]: int(entry["version"]) for entry in listed}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _metadata(log: LogFolder, version: int) -> dict[str, Any] | None:
    """Return the metadata that holds at a version; None when only the catalog can tell."""
    metadata, protocol = _from_checksum(log, version)
    if metadata is None or protocol is None:
        metadata, protocol = _from_commits(log, version)
    if metadata is None or protocol is None:
        metadata, protocol = _from_checkpoint(log, log.base(version), metadata, protocol)
    features = {
        *((protocol or {}).get("readerFeatures") or ()),
        *((protocol or {}).get("writerFeatures") or ()),
    }
    return None if features & _ELSEWHERE else metadata


_Found = tuple[dict[str, Any] | None, dict[str, Any] | None]


def _from_checksum(log: LogFolder, version: int) -> _Found:
    if version not in log.checksums:
        return None, None
    try:
        facts = json.loads(log.checksums[version].read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a checksum is a convenience: the commits say the same
        return None, None
    return facts.get("metadata"), facts.get("protocol")


def _from_commits(log: LogFolder, version: int) -> _Found:
    metadata: dict[str, Any] | None = None
    protocol: dict[str, Any] | None = None
    for number in range(version, log.base(version), -1):
        for action in actions(log.commits[number]):
            metadata = metadata or action.get("metaData")
            protocol = protocol or action.get("protocol")
        if metadata and protocol:
            break
    return metadata, protocol


def _from_checkpoint(
    log: LogFolder, version: int, metadata: dict[str, Any] | None, protocol: dict[str, Any] | None
) -> _Found:
    for file in log.checkpoints.get(version, ()):
        from pyarrow import parquet

        for row in parquet.read_table(file, columns=["metaData", "protocol"]).to_pylist():
            metadata = metadata or row["metaData"]
            protocol = protocol or row["protocol"]
    return metadata, protocol


def _time(log: LogFolder, version: int) -> datetime:
    """Return when a version was committed: by its own words, else by its file's time.

    The commit's own words survive a copy of the folder; a file's time does not.
    """
    if version in log.commits:
        info = commit_info(log.commits[version])
        stamp = info.get("inCommitTimestamp", info.get("timestamp"))
        if stamp is not None:
            return datetime.fromtimestamp(stamp / 1000, tz=UTC)
        return datetime.fromtimestamp(log.commits[version].stat().st_mtime, tz=UTC)
    newest = max((file.stat().st_mtime for file in log.checkpoints.get(version, ())), default=0.0)
    return datetime.fromtimestamp(newest, tz=UTC)
