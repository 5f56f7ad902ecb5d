"""Find out which versions of a local table can be read, and when VACUUM or the clean-up of the log may remove them.

The log is replayed once for all versions: each file is live from the version that added it up to the one that removed it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sparkops.tables.log.local_log import read_version, read_version_time
from sparkops.tables.log.log_folder import UNREADABLE, LogFolder, open_log, read_actions
from sparkops.tables.log.replay import identify_file, read_checkpoint_files, resolve_path

_FILE_RETENTION: Final = ("delta.deletedFileRetentionDuration", timedelta(weeks=1))
_LOG_RETENTION: Final = ("delta.logRetentionDuration", timedelta(days=30))
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_PART: Final = re.compile(r"(\d+)\s*(microsecond|millisecond|second|minute|hour|day|week)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRetention:
    """How long a version can be read.

    Args:
        problem: Why it cannot be read now; empty if it can.
        removable: From when on it may be removed (UTC); None for never, or for a version that is removed already.
        by: What may remove it then: `VACUUM` or `log clean-up`.
    """

    problem: str = ""
    removable: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class _FileSpan:
    """A file of a table: from the version that added it to the one that removed it, which is None for a live file.

    Args:
        path: The file.
        added: The version that added it.
        removed: The version that removed it.
        removed_at: When it was removed.
        has_vector: Whether it had a deletion vector in another file then.
    """

    path: Path
    added: int
    removed: int | None = None
    removed_at: datetime | None = None
    has_vector: bool = False


def examine_versions(
    table: Path, identity: str, versions: Collection[int]
) -> Mapping[int, VersionRetention] | None:
    """Return for each version whether it can be read, and until when.

    Args:
        table: The table's folder.
        identity: Delta's id of the table.
        versions: The versions.

    Returns:
        None where only Spark can replay the log.
    """
    log, newest = open_log(table), read_version(table)
    if log is None:
        return dict.fromkeys(versions, VersionRetention(problem="the table does not exist any more"))
    if newest is None:
        return None
    if newest.identity != identity:
        return dict.fromkeys(versions, VersionRetention(problem="the table was created again"))
    return _examine_log(table, log, versions, newest.properties)


def _examine_log(
    table: Path, log: LogFolder, versions: Collection[int], properties: Mapping[str, str]
) -> Mapping[int, VersionRetention] | None:
    oldest = log.oldest
    readable = sorted(version for version in set(versions) if oldest <= version <= log.newest)
    cleaned = VersionRetention(problem="its log was cleaned up")
    result = dict.fromkeys(set(versions) - set(readable), cleaned)
    if not readable:
        return result
    try:
        spans = _read_spans(table, log, log.find_base(readable[0]))
        return None if spans is None else result | _combine(log, readable, spans, properties)
    except UNREADABLE:
        return None


def _combine(
    log: LogFolder, versions: Sequence[int], spans: Sequence[_FileSpan], properties: Mapping[str, str]
) -> dict[int, VersionRetention]:
    missing = [span for span in spans if not span.path.exists()]
    problems = _assign(versions, [(span, f"its file {span.path.name} was removed") for span in missing])
    removed = sorted(
        (span for span in spans if span.removed_at is not None),
        key=lambda span: span.removed_at or _NEVER,
    )
    file_time = _read_duration(properties, *_FILE_RETENTION)
    by_vacuum = _assign(versions, [(span, span.removed_at) for span in removed])
    cleans_log = properties.get("delta.enableExpiredLogCleanup", "true").lower() != "false"
    log_time = _read_duration(properties, *_LOG_RETENTION)
    result = {}
    for version in versions:
        if version in problems:
            result[version] = VersionRetention(problem=problems[version])
            continue
        dates: list[tuple[datetime, str]] = []
        if by_vacuum.get(version) is not None:
            dates += _list_date(by_vacuum[version], file_time, "VACUUM")
        if cleans_log and version != log.newest:
            dates += _list_date(read_version_time(log, version), log_time, "log clean-up")
        removable, by = min(dates, default=(None, ""))
        result[version] = VersionRetention(removable=removable, by=by)
    return result


def _list_date(moment: datetime, duration: timedelta, by: str) -> list[tuple[datetime, str]]:
    """Return when something may be removed, and by what; empty if that is later than any date."""
    try:
        return [(moment + duration, by)]
    except OverflowError:
        return []


def _assign(versions: Sequence[int], values: Sequence[tuple[_FileSpan, Any]]) -> dict[int, Any]:
    """Return for each version the value of the first file that is live in it; each version is visited once."""
    following = list(range(len(versions) + 1))

    def find(index: int) -> int:
        while following[index] != index:
            following[index] = following[following[index]]
            index = following[index]
        return index

    assigned: dict[int, Any] = {}
    for span, value in values:
        end = len(versions) if span.removed is None else bisect_left(versions, span.removed)
        index = find(bisect_left(versions, span.added))
        while index < end:
            assigned[versions[index]] = value
            following[index] = index + 1
            index = find(index)
    return assigned


def _read_spans(table: Path, log: LogFolder, base: int) -> list[_FileSpan] | None:
    """Return the files of all versions from a checkpoint on, -1 for the first version; None if only Spark reads it."""
    live_files = read_checkpoint_files(log, base)
    if live_files is None:
        return None
    live = {key: _FileSpan(resolve_path(table, key[0]), max(base, 0)) for key in live_files}
    ended: list[_FileSpan] = []
    for version in range(base + 1, log.newest + 1):
        for action in read_actions(log.commits[version]):
            if "remove" in action:
                span = live.pop(identify_file(action["remove"]), None)
                if span is not None:
                    moment = action["remove"].get("deletionTimestamp")
                    time = datetime.fromtimestamp(moment / 1000, tz=UTC) if moment is not None else None
                    ended.append(
                        _FileSpan(
                            span.path,
                            span.added,
                            version,
                            time or read_version_time(log, version),
                            has_vector=_has_vector(action["remove"]),
                        )
                    )
            if "add" in action:
                live.setdefault(
                    identify_file(action["add"]),
                    _FileSpan(resolve_path(table, action["add"]["path"]), version),
                )
    live_paths = {span.path for span in live.values()}
    # A file that was restored is live again, so that nothing removes it; its earlier deletion vector is a file of its own.
    return [
        *(
            replace(span, removed_at=None) if span.path in live_paths and not span.has_vector else span
            for span in ended
        ),
        *live.values(),
    ]


def _has_vector(action: Mapping[str, Any]) -> bool:
    """Return whether a file has a deletion vector in a file, which VACUUM removes by itself."""
    return (action.get("deletionVector") or {}).get("storageType") in ("u", "p")


def _read_duration(properties: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    """Return a property such as `interval 2 weeks`; the default if it has another form, the longest if it is too long."""
    try:
        parts = list(_parse_parts(properties.get(name, "")))
        return sum(parts, timedelta()) if parts else default
    except OverflowError:
        return timedelta.max


def _parse_parts(text: str) -> Iterator[timedelta]:
    for number, unit in _PART.findall(text):
        yield timedelta(**{f"{unit.lower()}s": int(number)})
