"""Read versions and commits of a Delta table from the files of its log, without Spark.

Functions return None where only Spark can read the log, or where it is damaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.config.state_file import require_text
from sparkops.core.bounded_file import parse_json
from sparkops.pipeline.table import Commit
from sparkops.tables.log.commit_info import parse_commit
from sparkops.tables.log.log_folder import (
    UNREADABLE,
    LogFolder,
    mentions_any,
    open_log,
    read_actions,
    read_checkpoint,
    read_checksum,
    read_commit_info,
)

# Features of tables whose newest commits may be in a catalog and not in the log.
_CATALOG_FEATURES = {"catalogManaged", "catalogOwned-preview", "coordinatedCommits-preview"}

# The metadata action and the protocol action, each None until it is read.
_MetadataAndProtocol = tuple[dict[str, Any] | None, dict[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableVersion:
    """One version of a table.

    Args:
        version: The version.
        identity: Delta's id of the table; a table that was dropped and created again has another one.
        time: When the version was committed (UTC).
        schema: The columns as the JSON of Delta's log.
        partition_by: Partition columns.
        properties: Properties of the table (`delta.columnMapping.mode`...).
    """

    version: int
    identity: str
    time: datetime
    schema: Mapping[str, Any]
    partition_by: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_mapped(self) -> bool:
        """Return whether the table uses column mapping, with which the name of a column may have any character."""
        return self.properties.get("delta.columnMapping.mode", "none") != "none"

    @property
    def can_widen(self) -> bool:
        """Return whether the type of a column may become a wider one."""
        return self.properties.get("delta.enableTypeWidening", "false").lower() == "true"


def read_version(path: Path, *, at: int | None = None) -> TableVersion | None:
    """Return the newest version of the table in a folder, or version `at`.

    Args:
        path: The table's folder.
        at: The version; None for the newest.

    Returns:
        None where there is no log, or where that version cannot be rebuilt from it.
    """
    log = open_log(path)
    if log is None:
        return None
    version = log.newest if at is None else at
    if not log.oldest <= version <= log.newest:
        return None
    try:
        metadata = _read_metadata(log, version)
        if metadata is None:
            return None
        schema = parse_json(metadata["schemaString"])
        if not isinstance(schema, dict) or not isinstance(schema["fields"], list):
            return None
        return TableVersion(
            version=version,
            identity=require_text(metadata, "id"),
            time=read_version_time(log, version),
            schema=schema,
            partition_by=tuple(map(str, metadata.get("partitionColumns") or ())),
            properties=_read_properties(metadata),
        )
    except UNREADABLE:
        return None


def _read_properties(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    # A checkpoint has them as pairs.
    return {str(key): str(value) for key, value in dict(metadata.get("configuration") or {}).items()}


def read_commits(path: Path, *, limit: int | None = None) -> tuple[Commit, ...] | None:
    """Return the commits of a table, newest first.

    Args:
        path: The table's folder.
        limit: Maximum number of commits.
    """
    log = open_log(path)
    if log is None:
        return None
    history: list[Commit] = []
    try:
        if _is_in_catalog(read_metadata_and_protocol(log, log.newest)[1]):
            return None
        for version in sorted(log.commits, reverse=True)[:limit]:
            commit = parse_commit(
                version, read_commit_info(log.commits[version]), time=read_version_time(log, version)
            )
            history.append(commit)
    except UNREADABLE:
        return None
    return tuple(history)


def find_oldest_version(path: Path) -> int | None:
    """Return the oldest version that can be rebuilt from the log."""
    log = open_log(path)
    return None if log is None else log.oldest


def read_transactions(path: Path) -> Mapping[str, int] | None:
    """Return the last `txnVersion` of each `txnAppId`; None where the newest version has no list of them."""
    log = open_log(path)
    if log is None or log.newest not in log.checksums:
        return None
    try:
        checksum = read_checksum(log.checksums[log.newest])
        entries = None if _is_in_catalog(checksum.get("protocol")) else checksum.get("setTransactions")
        return None if entries is None else {entry["appId"]: int(entry["version"]) for entry in entries}
    except UNREADABLE:
        return None


def _read_metadata(log: LogFolder, version: int) -> dict[str, Any] | None:
    """Return the metadata of a version; None for a table whose commits are in a catalog."""
    metadata, protocol = read_metadata_and_protocol(log, version)
    return None if _is_in_catalog(protocol) else metadata


def _is_in_catalog(protocol: Mapping[str, Any] | None) -> bool:
    """Return whether the newest commits of a table may be in a catalog and not in its log."""
    features = protocol or {}
    names = {*(features.get("readerFeatures") or ()), *(features.get("writerFeatures") or ())}
    return bool(names & _CATALOG_FEATURES)


def read_metadata_and_protocol(log: LogFolder, version: int) -> _MetadataAndProtocol:
    """Return the metadata and the protocol of a version, each None if the log lacks it."""
    metadata, protocol = _read_from_checksum(log, version)
    if metadata is None or protocol is None:
        metadata, protocol = _read_from_commits(log, version)
    if metadata is None or protocol is None:
        metadata, protocol = _read_from_checkpoint(log, log.find_base(version), metadata, protocol)
    return metadata, protocol


def _read_from_checksum(log: LogFolder, version: int) -> _MetadataAndProtocol:
    if version not in log.checksums:
        return None, None
    try:
        facts = read_checksum(log.checksums[version])
    except UNREADABLE:
        # The commits contain the same facts.
        return None, None
    return facts.get("metadata"), facts.get("protocol")


def _read_from_commits(log: LogFolder, version: int) -> _MetadataAndProtocol:
    metadata: dict[str, Any] | None = None
    protocol: dict[str, Any] | None = None
    for number in range(version, log.find_base(version), -1):
        # Most commits have neither, and there may be many.
        if not mentions_any(log.commits[number], (b'"metaData"', b'"protocol"')):
            continue
        for action in read_actions(log.commits[number]):
            metadata = metadata or action.get("metaData")
            protocol = protocol or action.get("protocol")
        if metadata and protocol:
            break
    return metadata, protocol


def _read_from_checkpoint(
    log: LogFolder, version: int, metadata: dict[str, Any] | None, protocol: dict[str, Any] | None
) -> _MetadataAndProtocol:
    for file in log.checkpoints.get(version, ()):
        for row in read_checkpoint(file, ("metaData", "protocol")):
            metadata = metadata or row.get("metaData")
            protocol = protocol or row.get("protocol")
    return metadata, protocol


def read_version_time(log: LogFolder, version: int) -> datetime:
    """Return when a version was committed: by its `commitInfo`, else by the modification time of its file.

    `commitInfo` survives a copy of the folder; the modification time does not.
    """
    if version in log.commits:
        info = read_commit_info(log.commits[version])
        milliseconds = info.get("inCommitTimestamp", info.get("timestamp"))
        if milliseconds is not None:
            return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
        return datetime.fromtimestamp(log.commits[version].stat().st_mtime, tz=UTC)
    newest = max((file.stat().st_mtime for file in log.checkpoints.get(version, ())), default=0.0)
    return datetime.fromtimestamp(newest, tz=UTC)
