"""Which version of a Delta table is meant: the newest, a number, or the one of a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sparkops.errors import InputError, SparkopsError, UnknownName, VersionGone
from sparkops.pipeline.table import Commit


def require_version(table: str, at: int, *, oldest: int, newest: int) -> None:
    """Refuse a version that was never made, or that the log no longer holds.

    Raises:
        UnknownName: There never was such a version.
        VersionGone: It was cleaned away.
    """
    if at > newest or at < 0:
        raise UnknownName("version", str(at), (span(oldest, newest),), where=f"table `{table}`")
    if at < oldest:
        raise gone(table, at, oldest=oldest, newest=newest)


def version_as_of(table: str, as_of: datetime, commits: Sequence[Commit], *, oldest: int, newest: int) -> int:
    """Return the newest version committed at or before a moment.

    Args:
        table: Name in the catalog.
        as_of: The moment; one without a time zone is UTC.
        commits: Newest first.
        oldest: Oldest version that can be read.
        newest: Newest version.
    """
    moment = utc(as_of)
    for commit in commits:
        if commit.time <= moment:
            require_version(table, commit.version, oldest=oldest, newest=newest)
            return commit.version
    raise _before(table, moment, commits, oldest)


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a time zone already is."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def span(oldest: int, newest: int) -> str:
    """Return a range of versions as text."""
    return str(newest) if oldest == newest else f"{oldest} to {newest}"


def gone(table: str, at: int, *, oldest: int, newest: int) -> VersionGone:
    """Return the error for a version that was cleaned away."""
    return VersionGone(
        f"Version {at} of table `{table}` is no longer kept: its log was cleaned up. "
        f"Versions {span(oldest, newest)} can be read."
    )


def _before(table: str, moment: datetime, commits: Sequence[Commit], oldest: int) -> SparkopsError:
    asked, first = _text(moment), _text(commits[-1].time) if commits else "unknown"
    if oldest > 0:
        return VersionGone(
            f"Table `{table}` as of {asked} is no longer kept: the oldest version that can be read, "
            f"{oldest}, is of {first}."
        )
    return InputError(f"Table `{table}` was not there yet at {asked}: its first version is of {first}.")


def _text(moment: datetime) -> str:
    return f"{utc(moment):%Y-%m-%d %H:%M:%SZ}"
