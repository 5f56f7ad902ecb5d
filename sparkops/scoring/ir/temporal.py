"""Dates and timestamps of rows: Python values, ISO text and times with a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from re import compile as compile_regex
from typing import Any
from zoneinfo import ZoneInfo

_OFFSET = compile_regex(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d\d))?")
_MIDNIGHT = time()


class UnknownZoneError(ValueError):
    """A time has a time zone, and the session's is unknown."""


def parse_time_zone(name: str) -> tzinfo | None:
    """Return the time zone of a name that Spark accepts: a region, or an offset such as +02:00.

    None if Python does not know the name.
    """
    if name in ("UTC", "GMT", "UT", "Z"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-size if offset[1] == "-" else size)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def to_timestamp(value: Any, zone: tzinfo | None) -> datetime:
    """Return a value as a naive timestamp, as the session's clock shows it.

    Args:
        value: A datetime, a date (its midnight), or ISO text of one of them. With a time zone, it is converted to the
            session's.
        zone: The session's time zone; None if unknown.

    Raises:
        ValueError: It is none of these, or has a time zone while the session's is unknown.
    """
    timestamp = _to_datetime(value)
    if timestamp.tzinfo is None:
        return timestamp
    if zone is None:
        raise UnknownZoneError(
            "it has a time zone, and the model does not know the one of its training; give the local time"
        )
    return timestamp.astimezone(zone).replace(tzinfo=None)


def to_date(value: Any, zone: tzinfo | None) -> date:
    """Return a value as a date.

    Args:
        value: A date, the midnight of one, or ISO text of one of them. With a time zone, it is converted to the
            session's.
        zone: The session's time zone; None if unknown.

    Raises:
        ValueError: It is none of these; a time of day is not cut off.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    timestamp = to_timestamp(value, zone)
    if timestamp.time() != _MIDNIGHT:
        raise ValueError("a date has no time of day")
    return timestamp.date()


def _to_datetime(value: Any) -> datetime:
    if isinstance(value, datetime):
        # pandas' Timestamp is a datetime with nanoseconds, which Spark does not have.
        return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    if isinstance(value, date):
        return datetime.combine(value, _MIDNIGHT)
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is no time")  # noqa: TRY004 - one error for the caller
    return datetime.fromisoformat(value)
