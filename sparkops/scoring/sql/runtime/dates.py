"""Functions of dates and timestamps; timestamps are naive, as the session's clock shows them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from .date_patterns import DAYS, MONTHS
from .evaluation_error import EvaluationError, UnrepresentableError
from .numeric import make_round_function
from .time_zone import (
    make_from_micros_function,
    make_resolve_function,
    make_to_micros_function,
    to_utc_micros,
)

_MONTH_SECONDS = 31 * 86400
_EPOCH = date(1970, 1, 1)
_round_to_8_places = make_round_function(8)
_WEEKDAYS = {
    name[:size].upper(): number for number, name in enumerate(DAYS) for size in (2, 3, len(name))
}  # fmt: skip


def add_days(day: date, days: int) -> date:
    """Return a date some days later.

    Raises:
        EvaluationError: The date is outside the years 1 to 9999, which Python can represent.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise UnrepresentableError from None


def add_timestamp_days(value: datetime, days: int) -> datetime:
    """Return a timestamp some days later, at the same time of the day."""
    try:
        return value + timedelta(days=days)
    except OverflowError:
        raise UnrepresentableError from None


def add_months(day: date, months: int) -> date:
    """Return a date, or a timestamp, some months later; a day that the month lacks becomes its last day."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:  # noqa: PLR2004
        raise UnrepresentableError
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def datediff(end: date, start: date) -> int:
    """Return the number of days from start to end."""
    return (end - start).days


def months_between(end: datetime, start: datetime) -> float:
    """Return the number of months from start to end, rounded; a fraction is in months of 31 days."""
    return _round_to_8_places(exact_months_between(end, start))


def exact_months_between(
    end: datetime, start: datetime, seconds_of_day: Callable[[datetime], int] | None = None
) -> float:
    """Return the number of months from start to end; a fraction is in months of 31 days.

    Args:
        end: The later timestamp.
        start: The earlier timestamp.
        seconds_of_day: Seconds since midnight; None for those that the clock shows.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    if end.day == start.day or (_is_last_day(end) and _is_last_day(start)):
        return float(months)
    elapsed = seconds_of_day or _count_seconds_of_day
    seconds = (end.day - start.day) * 86400 + elapsed(end) - elapsed(start)
    return months + seconds / _MONTH_SECONDS


def make_months_between_function(zone: str, *, exact: bool) -> Callable[[datetime, datetime], float]:
    """Return `months_between` of a time zone, whose days may have other than 24 hours."""
    to_micros = make_to_micros_function(zone)

    def elapsed(value: datetime) -> int:
        midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
        return (to_micros(value) - to_micros(midnight)) // 1_000_000

    seconds_of_day = None if to_micros is to_utc_micros else elapsed
    if exact:
        return lambda end, start: exact_months_between(end, start, seconds_of_day)
    return lambda end, start: _round_to_8_places(exact_months_between(end, start, seconds_of_day))


def last_day(day: date) -> date:
    """Return the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_day(day: date, name: str) -> date:
    """Return the first date later than a date that is on a day of the week.

    Raises:
        EvaluationError: There is no such day of the week.
    """
    weekday = _WEEKDAYS.get(name.upper())
    if weekday is None:
        raise EvaluationError(f"has {name!r}, which is not a day of the week")
    return add_days(day, (weekday - day.weekday() - 1) % 7 + 1)


def make_date(year: int, month: int, day: int) -> date:
    """Return the date of its fields."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise EvaluationError("makes a date that does not exist") from None


def make_timestamp(year: int, month: int, day: int, hour: int, minute: int, second: Decimal) -> datetime:
    """Return the timestamp of its fields; the second may have a fraction, and 60 is the next minute."""
    seconds, micros = int(second), int(second.scaleb(6)) % 1_000_000
    is_next_minute = seconds == 60 and not micros  # noqa: PLR2004
    try:
        value = datetime(year, month, day, hour, minute, 0 if is_next_minute else seconds, micros)  # noqa: DTZ001
        return value + timedelta(minutes=1) if is_next_minute else value
    except (ValueError, OverflowError):
        raise EvaluationError("makes a timestamp that does not exist") from None


def day_name(day: date) -> str:
    """Return the day of the week, of three letters."""
    return DAYS[day.weekday()][:3]


def month_name(day: date) -> str:
    """Return the month, of three letters."""
    return MONTHS[day.month - 1][:3]


def unix_date(day: date) -> int:
    """Return the days since 1970."""
    return (day - _EPOCH).days


def date_from_unix_date(days: int) -> date:
    """Return the date some days after 1970-01-01."""
    return add_days(_EPOCH, days)


def seconds_with_fraction(value: datetime) -> Decimal:
    """Return the second with its fraction of six digits."""
    return Decimal(value.second * 1_000_000 + value.microsecond).scaleb(-6)


# Truncation

_DATE_TRUNCATIONS: dict[str, Callable[[date], date]] = {
    "YEAR": lambda day: day.replace(month=1, day=1),
    "QUARTER": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "MONTH": lambda day: day.replace(day=1),
    "WEEK": lambda day: add_days(day, -day.weekday()),
}
_ALIASES = {"YYYY": "YEAR", "YY": "YEAR", "MON": "MONTH", "MM": "MONTH", "DD": "DAY"}
_TIME_TRUNCATIONS: dict[str, Callable[[datetime], datetime]] = {
    "HOUR": lambda value: value.replace(minute=0, second=0, microsecond=0),
    "MINUTE": lambda value: value.replace(second=0, microsecond=0),
    "SECOND": lambda value: value.replace(microsecond=0),
    "MILLISECOND": lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000),
    "MICROSECOND": lambda value: value,
}


def truncate_date(day: date, unit: str) -> date | None:
    """Return a date truncated to a unit; None for an unknown unit."""
    name = unit.upper()
    function = _DATE_TRUNCATIONS.get(_ALIASES.get(name, name))
    return None if function is None else function(day)


def truncate_timestamp(unit: str, value: datetime) -> datetime | None:
    """Return a timestamp truncated to a unit; None for an unknown unit."""
    name = unit.upper()
    name = _ALIASES.get(name, name)
    if name in _TIME_TRUNCATIONS:
        return _TIME_TRUNCATIONS[name](value)
    midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
    if name == "DAY":
        return midnight
    function = _DATE_TRUNCATIONS.get(name)
    # A datetime is a date, and each function returns its argument's class.
    return None if function is None else function(midnight)  # type: ignore[return-value]


# Differences

_UNIT_MICROS = {
    "MICROSECOND": 1, "MILLISECOND": 1000, "SECOND": 1_000_000, "MINUTE": 60_000_000, "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000, "WEEK": 604_800_000_000,
}  # fmt: skip
_UNIT_DAYS = {"DAY": 1, "WEEK": 7}
_UNIT_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
DIFFERENCE_UNITS = frozenset((*_UNIT_MICROS, *_UNIT_MONTHS))


def make_difference_function(unit: str) -> Callable[[datetime, datetime], int]:
    """Return the function that counts the complete units from start to end."""
    if unit in _UNIT_MICROS:
        size = _UNIT_MICROS[unit]
        return lambda start, end: truncated_quotient(_to_micros(end - start), size)
    months = _UNIT_MONTHS[unit]
    return lambda start, end: truncated_quotient(_count_complete_months(start, end), months)


def _count_complete_months(start: datetime, end: datetime) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    start_rest = (start.day, start.time())
    end_rest = (end.day, end.time())
    if months > 0 and end_rest < start_rest:
        return months - 1
    return months + 1 if months < 0 and end_rest > start_rest else months


def make_addition_function(unit: str, zone: str) -> Callable[[datetime, int], datetime]:
    """Return the function that adds units to a timestamp; those shorter than a day are added to the instant."""
    resolve = make_resolve_function(zone)
    if unit in _UNIT_MONTHS:
        months = _UNIT_MONTHS[unit]
        # A datetime is a date, and the result has its class.
        return lambda value, count: resolve(add_months(value, count * months))  # type: ignore[arg-type]
    if unit in _UNIT_DAYS:
        days = _UNIT_DAYS[unit]
        return lambda value, count: resolve(add_timestamp_days(value, count * days))
    size = _UNIT_MICROS[unit]
    to_micros, from_micros = make_to_micros_function(zone), make_from_micros_function(zone)
    return lambda value, count: from_micros(to_micros(value) + count * size)


def _to_micros(delta: timedelta) -> int:
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def truncated_quotient(value: int, size: int) -> int:
    """Return a quotient rounded towards 0."""
    return value // size if value >= 0 else -(-value // size)


def _is_last_day(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _count_seconds_of_day(timestamp: datetime) -> int:
    return timestamp.hour * 3600 + timestamp.minute * 60 + timestamp.second
