"""Functions of dates and of timestamps, which are what the session's clock shows."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from .evaluation_error import Fault
from .numeric import rounding

_MONTH_SECONDS = 31 * 86400
_EIGHT = rounding(8)


def moved(day: date, days: int) -> date:
    """Return a date some days later; the years 1 to 9999 can be held."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise Fault("leaves the years 1 to 9999") from None


def between(end: date, start: date) -> int:
    """Return the days from start to end."""
    return (end - start).days


def months_between(end: datetime, start: datetime) -> float:
    """Return the months from start to end, by months of 31 days where the days of the month differ."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if end.day == start.day or (_last(end) and _last(start)):
        return float(months)
    seconds = (end.day - start.day) * 86400 + _seconds(end) - _seconds(start)
    exact = months + seconds / _MONTH_SECONDS
    return _EIGHT(exact)


def last_day(day: date) -> date:
    """Return the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _last(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _seconds(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
