"""Collect rows with dates and times that Python cannot hold: years beyond 9999, or before 1 in another time zone.

Times are those of the session's time zone, whatever the time zone of this process.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types

from sparkops.core.column_name import quote_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TEMPORAL = (types.DateType, types.TimestampType, types.TimestampNTZType)


def collect_rows(frame: DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame by column.

    A date or time that Python cannot hold is its ISO text, such as `+10000-01-01T00:00:00`.
    """
    fields = frame.schema.fields
    if not any(_has_temporal(field.dataType) for field in fields):
        return [row.asDict() for row in frame.collect()]
    as_text = frame.select(
        *(
            F.col(quote_column(field.name)).cast(_replace_temporal(field.dataType)).alias(field.name)
            for field in fields
        )
    )
    return [
        {field.name: _decode(row[field.name], field.dataType) for field in fields}
        for row in as_text.collect()
    ]


def collect_nested(frame: DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame by column, structs as dicts; pyspark's own values where it can make them."""
    try:
        return [row.asDict(recursive=True) for row in frame.collect()]
    except (ValueError, OverflowError):
        return [types.Row(**row).asDict(recursive=True) for row in collect_rows(frame)]


def _has_temporal(kind: Any) -> bool:
    if isinstance(kind, types.StructType):
        return any(_has_temporal(field.dataType) for field in kind.fields)
    if isinstance(kind, types.ArrayType):
        return _has_temporal(kind.elementType)
    if isinstance(kind, types.MapType):
        return _has_temporal(kind.keyType) or _has_temporal(kind.valueType)
    return isinstance(kind, _TEMPORAL)


def _replace_temporal(kind: Any) -> Any:
    """Return a type with text in place of dates and times."""
    if isinstance(kind, types.StructType):
        return types.StructType(
            [types.StructField(field.name, _replace_temporal(field.dataType)) for field in kind.fields]
        )
    if isinstance(kind, types.ArrayType):
        return types.ArrayType(_replace_temporal(kind.elementType), kind.containsNull)
    if isinstance(kind, types.MapType):
        return types.MapType(
            _replace_temporal(kind.keyType), _replace_temporal(kind.valueType), kind.valueContainsNull
        )
    return types.StringType() if isinstance(kind, _TEMPORAL) else kind


def _decode(value: Any, kind: Any) -> Any:
    """Return a collected value with its dates and times, where Python can hold them."""
    if value is None or not _has_temporal(kind):
        return value
    if isinstance(kind, types.StructType):
        values = (_decode(item, field.dataType) for item, field in zip(value, kind.fields, strict=True))
        return types.Row(*kind.names)(*values)
    if isinstance(kind, types.ArrayType):
        return [_decode(item, kind.elementType) for item in value]
    if isinstance(kind, types.MapType):
        return {_decode(key, kind.keyType): _decode(item, kind.valueType) for key, item in value.items()}
    return _parse(value, date if isinstance(kind, types.DateType) else datetime)


def _parse(text: str, kind: type[date]) -> date | str:
    iso = text.replace(" ", "T")
    try:
        return kind.fromisoformat(iso)
    except ValueError:
        return iso
