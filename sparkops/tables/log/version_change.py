"""Count the rows that a Delta table gained and lost between two versions, from the files of its log, without Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkops.pipeline.table import VersionChange
from sparkops.tables.log.local_log import TableVersion, read_version
from sparkops.tables.log.log_folder import UNREADABLE, LogFolder, open_log, read_commit_info
from sparkops.tables.log.replay import count_rows

# What a commit that changes no rows is called.
_NO_ROWS = frozenset(
    {"OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "ADD COLUMNS", "CREATE TABLE"}
)


def read_identified(path: Path, version: int, identity: str) -> TableVersion | None:
    """Return a version of the table of that identity; None if the folder has another table, or not this version."""
    table = read_version(path, at=version)
    return table if table is not None and table.identity == identity else None


def count_change(path: Path, identity: str, before: int, after: int) -> VersionChange | None:
    """Return the rows between two versions, as far as the log tells; None if it has not both versions of this table.

    Args:
        path: The table's folder.
        identity: Delta's id of the table.
        before: One version.
        after: The other one; it may be the earlier of the two.
    """
    if read_identified(path, before, identity) is None or read_identified(path, after, identity) is None:
        return None
    log = open_log(path)
    first, last = sorted((before, after))
    counts = [_count_commit(path, log, version) for version in range(first + 1, last + 1)] if log else [None]
    added: int | None = None
    removed: int | None = None
    if None not in counts:
        added = sum(count[0] for count in counts if count)
        removed = sum(count[1] for count in counts if count)
    if before > after:
        added, removed = removed, added
    return VersionChange(
        added=added, removed=removed, rows_before=count_rows(path, before), rows_after=count_rows(path, after)
    )


def _count_commit(path: Path, log: LogFolder, version: int) -> tuple[int, int] | None:
    """Return the rows that a commit added and removed; None if its metrics do not tell. An updated row is both."""
    try:
        info = read_commit_info(log.commits[version])
        metrics = {name: int(value) for name, value in _select_counts(info.get("operationMetrics") or {})}
        parameters = dict(info.get("operationParameters") or {})
    except UNREADABLE:
        return None
    operation = info.get("operation")
    if operation in _NO_ROWS:
        return 0, 0
    if operation == "WRITE":
        return _count_write(path, version, metrics, parameters)
    if operation == "MERGE":
        return _count_merge(metrics)
    is_counted = operation == "DELETE" and "numDeletedRows" in metrics
    return (0, metrics["numDeletedRows"]) if is_counted else None


def _count_write(
    path: Path, version: int, metrics: Mapping[str, int], parameters: Mapping[str, Any]
) -> tuple[int, int] | None:
    if "numOutputRows" not in metrics:
        return None
    added = metrics["numOutputRows"] - metrics.get("numCopiedRows", 0)
    if parameters.get("mode") == "Append":
        return added, 0
    if "numDeletedRows" in metrics:
        return added, metrics["numDeletedRows"]
    # An overwrite by delta-rs does not count what it removed: without a predicate, all rows of the version before.
    earlier = count_rows(path, version - 1) if not parameters.get("predicate") else None
    return (added, earlier) if earlier is not None else None


def _count_merge(metrics: Mapping[str, int]) -> tuple[int, int] | None:
    names = ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted")
    if not all(name in metrics for name in names):
        return None
    inserted, updated, deleted = (metrics[name] for name in names)
    return inserted + updated, updated + deleted


def _select_counts(metrics: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in metrics.items() if "Rows" in name]
