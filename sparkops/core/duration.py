"""Durations as text: ISO 8601 (`PT1H30M`), or numbers with units (`1h30m`, `1.5 days`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final

_UNITS: Final[Mapping[str, Decimal | int]] = {
    "w": 604_800,
    "week": 604_800,
    "d": 86_400,
    "day": 86_400,
    "h": 3_600,
    "hour": 3_600,
    "m": 60,
    "min": 60,
    "minute": 60,
    "s": 1,
    "sec": 1,
    "second": 1,
    "ms": Decimal("0.001"),
    "us": Decimal("0.000001"),
}
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_ISO: Final = re.compile(
    rf"P(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?"
)
_PART: Final = re.compile(rf"\s*({_NUMBER})\s*([a-z]+)")
_NUMBER_ONLY: Final = re.compile(_NUMBER)
_ISO_UNITS: Final = ("w", "d", "h", "m", "s")
# Longest time that anything waits for: 100 years, which every clock can add to the present time.
MAX_SECONDS: Final = 36_525 * 86_400
# Longest text of a duration.
_MAX_LENGTH: Final = 200


def parse_duration(text: str) -> timedelta:
    """Return the duration of a text.

    Raises:
        ValueError: The text is no duration, is finer than a microsecond, or is beyond the range of timedelta.
    """
    words = text.strip()
    if len(words) > _MAX_LENGTH:
        raise ValueError("it is too long")
    sign, words = (-1, words[1:]) if words.startswith("-") else (1, words)
    with localcontext(prec=2 * _MAX_LENGTH):
        microseconds = sign * _sum_seconds(words) * 1_000_000
        if microseconds != microseconds.to_integral_value():
            raise ValueError("finer than a microsecond")
    try:
        return timedelta(microseconds=int(microseconds))
    except OverflowError:
        raise ValueError(f"beyond {timedelta.max.days} days") from None


def parse_seconds(text: str) -> float:
    """Return the seconds of a text: a number such as `90`, or a duration such as `90s`, `10m` or `1h`.

    Raises:
        ValueError: The text is neither, or it is negative, or longer than 100 years.
    """
    words = text.strip()
    seconds = float(words) if _NUMBER_ONLY.fullmatch(words) else parse_duration(words).total_seconds()
    if seconds < 0:
        raise ValueError("negative")
    if seconds > MAX_SECONDS:
        raise ValueError("longer than 100 years")
    return seconds


def _sum_seconds(text: str) -> Decimal:
    """Return the seconds of a duration without a sign; ValueError if it has another form."""
    iso = _ISO.fullmatch(text)
    if iso is not None and any(iso.groups()) and not text.endswith("T"):
        pairs = [(number, unit) for number, unit in zip(iso.groups(), _ISO_UNITS, strict=True) if number]
    else:
        pairs = _parse_unit_pairs(text.lower())
    return sum((Decimal(number) * _UNITS[unit] for number, unit in pairs), Decimal())


def _parse_unit_pairs(text: str) -> list[tuple[str, str]]:
    """Return numbers with their units, each unit once."""
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise ValueError("a number needs a unit: w, d, h, m, s, ms or us")
        unit = part[2] if part[2] in _UNITS else part[2].removesuffix("s")
        if unit not in _UNITS or unit in [other for _, other in pairs]:
            raise ValueError(f"`{part[2]}` is no unit, or is given twice: w, d, h, m, s, ms or us")
        pairs.append((part[1], unit))
        position = part.end()
    if not pairs:
        raise ValueError("it is empty")
    return pairs


def subtract_duration(time: datetime, duration: timedelta) -> datetime:
    """Return a time minus a duration; the earliest time of datetime, if the result is before that."""
    try:
        return time - duration
    except OverflowError:
        return datetime.min.replace(tzinfo=time.tzinfo)


def format_duration(value: timedelta) -> str:
    """Return a duration in ISO 8601; `parse_duration` reads it back exactly."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    days = f"{value.days}D" if value.days else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    time += f"{seconds}{fraction}S" if seconds or fraction or not (days or time) else ""
    return f"{sign}P{days}{'T' + time if time else ''}"
