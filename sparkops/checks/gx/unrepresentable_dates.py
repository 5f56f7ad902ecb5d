"""Explain why Great Expectations cannot evaluate an expectation on dates and times that Python cannot hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql.types import DateType, TimestampNTZType, TimestampType

from sparkops.core.column_name import quote_column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_OUT_OF_RANGE = re.compile(
    r"year -?\d+ is out of range|(?:date value|timestamp) out of range|ordinal must be"
)
# A time zone may move a moment by less than a day.
_FIRST, _LAST = "0001-01-02", "9999-12-30"
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")


def explain_unrepresentable_date(frame: DataFrame, arguments: Mapping[str, Any], message: str) -> str | None:
    """Return what to show in place of a message of Python about a date or time that it cannot hold.

    Args:
        frame: The frame that was checked.
        arguments: The arguments of the expectation.
        message: The message of the exception.

    Returns:
        The column, the value, and what to do; None for any other message.
    """
    if not _OUT_OF_RANGE.search(message):
        return None
    names = _find_temporal_columns(frame, arguments)
    extremes = [(name, extreme) for name in names for extreme in _select_extremes(name)]
    values = frame.agg(*(extreme for _, extreme in extremes)).collect()[0] if extremes else ()
    for (name, _), value in zip(extremes, values, strict=True):
        if value is not None:
            return (
                f"column `{name}` has the value {value.replace(' ', 'T')}, and Great Expectations "
                "evaluates this expectation in Python, whose dates end with the year 9999 and begin with the year 1. "
                "Correct the rows, or leave them out by a `row_condition`."
            )
    return None


def _find_temporal_columns(frame: DataFrame, arguments: Mapping[str, Any]) -> list[str]:
    """Return the columns of dates and times that an expectation names, or all of them if it names none."""
    temporal = [
        field.name
        for field in frame.schema.fields
        if isinstance(field.dataType, DateType | TimestampType | TimestampNTZType)
    ]
    named: list[str] = []
    for argument in _COLUMN_ARGUMENTS:
        value = arguments.get(argument) or []
        named += [value] if isinstance(value, str) else value
    return [name for name in temporal if name in named] or temporal


def _select_extremes(name: str) -> tuple[Column, Column]:
    """Return the first and the last value of a column as text; null where Python can hold it."""
    column = F.col(quote_column(name))
    first, last = F.min(column), F.max(column)
    return (
        F.when(first < F.lit(_FIRST), first.cast("string")),
        F.when(last > F.lit(_LAST), last.cast("string")),
    )
