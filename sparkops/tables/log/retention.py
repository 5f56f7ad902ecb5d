"""Find which versions of a local table can be read, and when VACUUM or the clean-up of the log may remove them.

The log is replayed once for all versions: each file is live from the version that added it up to the one that removed
it.
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
from sparkops.tables.log.replay import identify_file, list_paths, read_checkpoint_files

_FILE_RETENTION: Final = ("delta.deletedFileRetentionDuration", timedelta(weeks=1))
_LOG_RETENTION: Final = ("delta.logRetentionDuration", timedelta(days=30))
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
# A number with its unit in a duration such as `interval 1 day 12 hours`.
_PART: Final = re.compile(r"(\d+)\s*(microsecond|millisecond|second|minute|hour|day|week)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRetention:
    """How long a version can be read.

    Args:
        problem: Why it cannot be read now; empty if it can.
        removable: When it may be removed at the earliest (UTC); None for never, or if it is removed already.
        by: What may remove it then: `VACUUM` or `log clean-up`.
    """

    problem: str = ""
    removable: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class _FileSpan:
    """The versions in which a file of a table is live.

    Args:
        path: The file.
        vector: The file of its deletion vector, if it has one in a file.
        added: The version that added it.
        removed: The version that removed it; None if it is live in the newest version.
        removed_at: When it was removed; None if VACUUM will not delete it.
    """

    path: Path
    vector: Path | None
    added: int
    removed: int | None = None
    removed_at: datetime | None = None

    @classmethod
    def begin(cls, table: Path, action: Mapping[str, Any], added: int) -> _FileSpan:
        """Return the span of a file that a version added, without an end."""
        path, *vectors = list_paths(table, action)
        return cls(path, vectors[0] if vectors else None, added)

    def list_missing(self) -> Iterator[tuple[_FileSpan, str]]:
        """Yield this span with the reason why its versions cannot be read, if one of its files is not on the disk."""
        if not self.path.exists():
            yield self, f"its file {self.path.name} was removed"
        elif self.vector is not None and not self.vector.exists():
            yield self, f"the deletion vector {self.vector.name} of its file {self.path.name} was removed"


def examine_versions(
    table: Path, identity: str, versions: Collection[int]
) -> Mapping[int, VersionRetention] | None:
    """Return whether each version can be read, and until when.

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
    missing = _find_gap(log)
    if missing is not None:
        return dict.fromkeys(versions, VersionRetention(problem=f"version {missing} of its log is missing"))
    if newest is None:
        return None
    if newest.identity != identity:
        return dict.fromkeys(versions, VersionRetention(problem="the table was created again"))
    return _examine_log(table, log, versions, newest.properties)


def _examine_log(
    table: Path, log: LogFolder, versions: Collection[int], properties: Mapping[str, str]
) -> Mapping[int, VersionRetention] | None:
    """Return the retention of versions from the log of a table; None where only Spark can replay it."""
    readable = sorted(version for version in set(versions) if log.oldest <= version <= log.newest)
    cleaned = VersionRetention(problem="its log was cleaned up")
    result = dict.fromkeys(set(versions) - set(readable), cleaned)
    if not readable:
        return result
    try:
        spans = _read_spans(table, log, log.find_base(readable[0]))
        return None if spans is None else result | _date_versions(log, readable, spans, properties)
    except UNREADABLE:
        return None


def _find_gap(log: LogFolder) -> int | None:
    """Return the first missing commit without which the newest version, and so the table, cannot be read."""
    needed = range(log.find_base(log.newest) + 1, log.newest + 1)
    return next((number for number in needed if number not in log.commits), None)


def _date_versions(
    log: LogFolder, versions: Sequence[int], spans: Sequence[_FileSpan], properties: Mapping[str, str]
) -> dict[int, VersionRetention]:
    """Return for each version what is missing of it, or when it may be removed first, and by what."""
    problems = _assign(versions, [item for span in spans for item in span.list_missing()])
    removed = sorted(
        (span for span in spans if span.removed_at is not None),
        key=lambda span: span.removed_at or _NEVER,
    )
    file_retention = _read_duration(properties, *_FILE_RETENTION)
    by_vacuum = _assign(versions, [(span, span.removed_at) for span in removed])
    cleans_log = properties.get("delta.enableExpiredLogCleanup", "true").lower() != "false"
    log_retention = _read_duration(properties, *_LOG_RETENTION)
    result = {}
    for version in versions:
        if version in problems:
            result[version] = VersionRetention(problem=problems[version])
            continue
        dates: list[tuple[datetime, str]] = []
        if version in by_vacuum:
            dates += _list_date(by_vacuum[version], file_retention, "VACUUM")
        if cleans_log and version != log.newest:
            dates += _list_date(read_version_time(log, version), log_retention, "log clean-up")
        removable, by = min(dates, default=(None, ""))
        result[version] = VersionRetention(removable=removable, by=by)
    return result


def _list_date(moment: datetime, duration: timedelta, by: str) -> list[tuple[datetime, str]]:
    """Return the end of a duration, with what removes then; empty if it is later than any date."""
    try:
        return [(moment + duration, by)]
    except OverflowError:
        return []


def _assign(versions: Sequence[int], values: Sequence[tuple[_FileSpan, Any]]) -> dict[int, Any]:
    """Return for each version the value of the first file that is live in it.

    A disjoint-set forest skips the versions that have a value, so that each is visited once.

    Args:
        versions: The versions, ascending.
        values: Files with their values, in the order of their priority.
    """
    # Index of a version to the next one that may have no value yet.
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
    """Return the files of all versions from a checkpoint on.

    Args:
        table: The table's folder.
        log: Its log.
        base: Version of the checkpoint; -1 to begin without one.

    Returns:
        None where only Spark can read the checkpoint.
    """
    live_files = read_checkpoint_files(log, base)
    if live_files is None:
        return None
    live = {key: _FileSpan.begin(table, add, max(base, 0)) for key, add in live_files.items()}
    ended: list[_FileSpan] = []
    for version in range(base + 1, log.newest + 1):
        for action in read_actions(log.commits[version]):
            if "remove" in action:
                span = live.pop(identify_file(action["remove"]), None)
                if span is not None:
                    removed_at = _read_removal_time(action["remove"], log, version)
                    ended.append(replace(span, removed=version, removed_at=removed_at))
            if "add" in action:
                live.setdefault(identify_file(action["add"]), _FileSpan.begin(table, action["add"], version))
    live_paths = {span.path for span in live.values()}
    # A file that was restored is live again, and VACUUM does not delete it. A deletion vector that it had earlier is a
    # file of its own, which VACUUM deletes.
    return [
        *(
            replace(span, removed_at=None) if span.path in live_paths and span.vector is None else span
            for span in ended
        ),
        *live.values(),
    ]


def _read_removal_time(action: Mapping[str, Any], log: LogFolder, version: int) -> datetime:
    """Return when a file was removed: by the action, or if that has no time, by the time of its commit."""
    milliseconds = action.get("deletionTimestamp")
    if milliseconds is None:
        return read_version_time(log, version)
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def _read_duration(properties: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    """Return the duration in a property such as `interval 2 weeks`.

    One of another form is the default, and one that is too long is the longest duration.
    """
    try:
        parts = list(_parse_parts(properties.get(name, "")))
        return sum(parts, timedelta()) if parts else default
    except OverflowError:
        return timedelta.max


def _parse_parts(text: str) -> Iterator[timedelta]:
    for number, unit in _PART.findall(text):
        yield timedelta(**{f"{unit.lower()}s": int(number)})
