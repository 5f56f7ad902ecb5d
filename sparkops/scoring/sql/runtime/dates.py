"""Functions of dates and timestamps; timestamps are naive, as the session's clock shows them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from .evaluation_error import EvaluationError
from .numeric import round_function

_MONTH_SECONDS = 31 * 86400
_round_to_8_places = round_function(8)


def add_days(day: date, days: int) -> date:
    """Return a date some days later.

    Raises:
        EvaluationError: The date is outside the years 1 to 9999, which Python can represent.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise EvaluationError("leaves the years 1 to 9999") from None


def datediff(end: date, start: date) -> int:
    """Return the number of days from start to end."""
    return (end - start).days


def months_between(end: datetime, start: datetime) -> float:
    """Return the number of months from start to end; a fraction is in months of 31 days."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if end.day == start.day or (_is_last_day(end) and _is_last_day(start)):
        return float(months)
    seconds = (end.day - start.day) * 86400 + _seconds_of_day(end) - _seconds_of_day(start)
    exact = months + seconds / _MONTH_SECONDS
    return _round_to_8_places(exact)


def last_day(day: date) -> date:
    """Return the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _is_last_day(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _seconds_of_day(timestamp: datetime) -> int:
    return timestamp.hour * 3600 + timestamp.minute * 60 + timestamp.second
