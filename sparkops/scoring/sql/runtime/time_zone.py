"""The session's time zone: naive timestamps, as the session's clock shows them, to microseconds since 1970 and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .evaluation_error import EvaluationError, UnrepresentableError

MICROS = 1_000_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_DAY = 86_400 * MICROS
_MAX_OFFSET = 18 * 3600
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?", re.ASCII)
# Java's ZoneId.SHORT_IDS.
_SHORT_IDS = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh", "EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
}  # fmt: skip
_UTC_NAMES = frozenset(("Z", "UTC", "GMT", "UT", "Etc/UTC", "Etc/GMT", "Zulu", "Etc/UCT", "UCT", "Universal"))


@lru_cache(maxsize=256)
def parse_zone(name: str) -> tzinfo:
    """Return the time zone of a name as Spark reads it: a region, `Z`, `+01:00`, `UTC+1`, or one of Java's short names.

    Raises:
        EvaluationError: There is no such time zone.
    """
    # As Spark does, offsets of one digit are padded: +1:30 is +01:30, and +01:3 at the end is +01:03.
    text = re.sub(r"([+-])(\d):", r"\g<1>0\2:", name, count=1, flags=re.ASCII)
    text = re.sub(r"([+-])(\d\d):(\d)$", r"\1\2:0\3", text, count=1, flags=re.ASCII)
    text = _SHORT_IDS.get(text, text)
    if text in _UTC_NAMES:
        return UTC
    prefix = re.match(r"(?:UTC|GMT|UT)(?=[+-])", text)
    offset = _parse_offset(text[prefix.end() :] if prefix else text)
    if offset is not None:
        return offset
    try:
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9~/._+-]+", text):
            return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise EvaluationError(f"has no time zone {name!r}")


def _parse_offset(text: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(match[group] or 0) for group in (2, 3, 4))
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > _MAX_OFFSET:  # noqa: PLR2004
        return None
    return timezone(timedelta(seconds=-total if match[1] == "-" else total))


def is_zone(name: object) -> bool:
    """Return whether a value is the name of a time zone."""
    try:
        return isinstance(name, str) and bool(parse_zone(name))
    except EvaluationError:
        return False


def make_to_micros_function(name: str) -> Callable[[datetime], int]:
    """Return the function from a naive timestamp of a zone to microseconds since 1970; a skipped time moves forward."""
    zone = parse_zone(name)
    if zone is UTC:
        return to_utc_micros

    def to_micros(value: datetime) -> int:
        try:
            return to_utc_micros(value.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None))
        except OverflowError:
            raise UnrepresentableError from None

    return to_micros


def make_from_micros_function(name: str) -> Callable[[int], datetime]:
    """Return the function from microseconds since 1970 to the naive timestamp of a zone."""
    zone = parse_zone(name)
    if zone is UTC:
        return from_utc_micros

    def from_micros(value: int) -> datetime:
        try:
            return from_utc_micros(value).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        except OverflowError:
            raise UnrepresentableError from None

    return from_micros


def make_resolve_function(name: str) -> Callable[[datetime], datetime]:
    """Return the function that moves a time that a zone's clock skips forward, as Spark does with times of a text."""
    if parse_zone(name) is UTC:
        return _return_unchanged
    to_micros, from_micros = make_to_micros_function(name), make_from_micros_function(name)
    return lambda value: from_micros(to_micros(value))


def _return_unchanged(value: datetime) -> datetime:
    return value


def to_utc_micros(value: datetime) -> int:
    """Return the microseconds from 1970 to a timestamp of UTC."""
    delta = value - EPOCH
    return delta.days * _DAY + delta.seconds * MICROS + delta.microseconds


def from_utc_micros(value: int) -> datetime:
    """Return the timestamp of UTC some microseconds after 1970.

    Raises:
        EvaluationError: It is outside the years 1 to 9999, which Python can represent.
    """
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError:
        raise UnrepresentableError from None
