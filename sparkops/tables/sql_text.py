"""Values and conditions as text of Spark SQL."""

from __future__ import annotations

from datetime import MAXYEAR, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from sparkops.core.column_name import quote_column
from sparkops.errors import BadData

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments are counted in UTC
_MICROSECOND = timedelta(microseconds=1)
# The calendar repeats after 400 years.
_CYCLE_YEARS, _CYCLE = 400, timedelta(days=146_097) // _MICROSECOND


def format_equality(column: str, value: Any, type_name: str) -> str:
    """Return the condition that a column equals a value, or one of several values.

    Args:
        column: Name of the column.
        value: The value, or a collection of values. None matches null.
        type_name: Type of the column in SQL.
    """
    if isinstance(value, list | tuple | set | frozenset):
        alternatives = [format_equality(column, item, type_name) for item in value]
        return "(" + " OR ".join(alternatives) + ")" if alternatives else "false"
    name = quote_column(column)
    return f"{name} IS NULL" if value is None else f"{name} = {format_literal(value, type_name)}"


def format_literal(value: Any, type_name: str) -> str:
    """Return a value as a literal of a type; any text is safe in it.

    Raises:
        BadData: SQL has no literal for the value.
    """
    if type_name == "timestamp_ntz" and isinstance(value, datetime) and value.tzinfo is None:
        # Not by way of a moment in the session's time zone, which may skip this hour.
        return f"TIMESTAMP_NTZ '{value.isoformat(sep=' ')}'"
    text, literal_type = _format_with_type(value.value if isinstance(value, Enum) else value)
    return text if literal_type == type_name else f"CAST({text} AS {type_name})"


def format_moment(microseconds: int) -> str:
    """Return a moment, in microseconds since 1970 in UTC, as a literal of the type timestamp; any year is valid."""
    return f"TIMESTAMP '{_format_moment_text(microseconds)}'"


def _count_microseconds(value: datetime, offset: timedelta) -> int:
    """Return a moment in microseconds since 1970; in UTC, it may be in a year that a datetime cannot hold."""
    return (value.replace(tzinfo=None) - _EPOCH - offset) // _MICROSECOND


def _format_moment_text(microseconds: int) -> str:
    """Return a moment as Spark reads it: `2024-05-01 12:00:00Z`, and `+10000-01-01 00:00:00Z` after the year 9999."""
    cycles, rest = divmod(microseconds, _CYCLE)
    moment = _EPOCH + timedelta(microseconds=rest)
    year = moment.year + cycles * _CYCLE_YEARS
    sign = "-" if year < 0 else "+" if year > MAXYEAR else ""
    return f"{sign}{abs(year):04d}{moment.isoformat(sep=' ')[4:]}Z"


def _format_with_type(value: Any) -> tuple[str, str]:
    """Return a literal and the type that Spark gives it."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "boolean"
    if isinstance(value, int):
        return (str(value), "int") if -(2**31) <= value < 2**31 else (f"{value}L", "bigint")
    if isinstance(value, float | Decimal):
        return f"'{value}'", "string"
    if isinstance(value, datetime):
        offset = value.utcoffset()
        text = (
            value.isoformat(sep=" ")
            if offset is None
            else _format_moment_text(_count_microseconds(value, offset))
        )
        return f"TIMESTAMP '{text}'", "timestamp"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'", "date"
    if isinstance(value, str | bytes | bytearray):
        return (_format_text(value), "string") if isinstance(value, str) else (f"X'{value.hex()}'", "binary")
    raise BadData(
        f"A slice cannot be selected by {value!r}: use a bool, number, text, bytes, date or datetime."
    )


def _format_text(text: str) -> str:
    is_simple = text.isprintable() and not set(text) & {"'", "\\", "$", "{", "}"}
    return f"'{text}'" if is_simple else f"CAST(X'{text.encode().hex()}' AS STRING)"
