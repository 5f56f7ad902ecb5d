"""Resolve a version number or a moment to a version of a Delta table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sparkops.errors import InputError, SparkopsError, UnknownName, VersionGone
from sparkops.pipeline.table import Commit


def require_version(table: str, at: int, *, oldest: int, newest: int) -> None:
    """Refuse a version that does not exist, or that the log no longer has.

    Raises:
        UnknownName: There never was such a version.
        VersionGone: Its log was cleaned up.
    """
    if at > newest or at < 0:
        raise UnknownName("version", str(at), (_format_range(oldest, newest),), where=f"table `{table}`")
    if at < oldest:
        raise VersionGone(
            f"Version {at} of table `{table}` is no longer kept: its log was cleaned up. "
            f"Versions {_format_range(oldest, newest)} can be read."
        )


def find_version_as_of(
    table: str, as_of: datetime, commits: Sequence[Commit], *, oldest: int, newest: int
) -> int:
    """Return the newest version committed at or before a moment.

    Args:
        table: Name in the catalog.
        as_of: The moment; without a time zone it is UTC.
        commits: Newest first.
        oldest: Oldest version that can be read.
        newest: Newest version.

    Raises:
        VersionGone: The version of that moment can no longer be read.
        InputError: The table did not exist yet.
    """
    moment = to_utc(as_of)
    for commit in commits:
        if commit.time <= moment:
            require_version(table, commit.version, oldest=oldest, newest=newest)
            return commit.version
    raise _explain_too_early(table, moment, commits, oldest)


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; without a time zone it is UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _format_range(oldest: int, newest: int) -> str:
    return str(newest) if oldest == newest else f"{oldest} to {newest}"


def _explain_too_early(table: str, moment: datetime, commits: Sequence[Commit], oldest: int) -> SparkopsError:
    requested, first = _format_time(moment), _format_time(commits[-1].time) if commits else "unknown"
    if oldest > 0:
        return VersionGone(
            f"Table `{table}` as of {requested} is no longer kept: the oldest version that can be read, "
            f"{oldest}, is of {first}. Give a later moment."
        )
    return InputError(
        f"Table `{table}` did not exist yet at {requested}: its first version is of {first}. Give a later moment."
    )


def _format_time(moment: datetime) -> str:
    return f"{to_utc(moment):%Y-%m-%d %H:%M:%SZ}"
