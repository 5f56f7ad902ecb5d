"""Give the values of a frame the form in which a reader will find them in the Delta table.

Delta writes the values of partition columns as text: an empty text becomes null. It pads the values of `char` columns.
Checks and merges have to see the values that will be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.pipeline.write import Write
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.staging.staged_file import NULL_TEXTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField

# Delta writes the year of a timestamp without its era, so years before 1 would be read as other years.
_FIRST_TIMESTAMP = "0001-01-01 00:00:00"
_CHAR_KEY = "__CHAR_VARCHAR_TYPE_STRING"
_CHAR_TYPE = re.compile(r"char\((\d+)\)")


def find_partition_columns(write: Write, before: TableVersion | None) -> tuple[str, ...]:
    """Return the partition columns that a table has after a write."""
    return write.partition_by or (before.partition_by if before else ())


def convert_to_stored(frame: DataFrame, write: Write, before: TableVersion | None) -> DataFrame:
    """Return a frame with the values that a reader of the table will find.

    Args:
        frame: The rows to write.
        write: Table and partition columns.
        before: The table as it is; None if it does not exist.

    Returns:
        The frame itself if Delta stores all its values as they are. A value of a partition column that Delta cannot
        store raises `BadData` when the frame is computed.
    """
    partitions = {name.lower() for name in find_partition_columns(write, before)}
    lengths = _read_char_lengths(before.schema if before else {"fields": []})
    changed: dict[str, Column] = {}
    for field in frame.schema.fields:
        length = _read_char_length(field.metadata) or lengths.get(field.name.lower())
        value = _to_stored_value(
            field, write.table, length=length, is_partition=field.name.lower() in partitions
        )
        if value is not None:
            changed[field.name] = value.alias(field.name, metadata=field.metadata)
    if not changed:
        return frame
    return frame.select(*(changed.get(name, quote_column(name)) for name in frame.columns))


def _to_stored_value(
    field: StructField, table: str, *, length: int | None, is_partition: bool
) -> Column | None:
    """Return the value that is read back from a column; None if all its values are read back as they are."""
    from pyspark.sql import functions as F

    column, kind = F.col(quote_column(field.name)), field.dataType.typeName()
    if kind == "string":
        # The text of a null partition is compared before it is padded, so an empty `char` is null, too.
        padded = (
            F.when(F.length(column) < length, F.rpad(column, length, " ")).otherwise(column)
            if length
            else column
        )
        if not is_partition:
            return padded if length else None
        refused = F.contains(column, F.lit("\0"))
        return _nullify_or_refuse(field, table, padded, is_null=column.isin(*NULL_TEXTS), refused=refused)
    if kind == "binary" and is_partition:
        text = column.cast("string")
        refused = ~F.is_valid_utf8(text) | F.contains(text, F.lit("\0"))
        return _nullify_or_refuse(field, table, column, is_null=text.isin(*NULL_TEXTS), refused=refused)
    if kind in ("timestamp", "timestamp_ntz") and is_partition:
        # Text without a zone is a time in UTC, as Delta writes it.
        zone = "Z" if kind == "timestamp" else ""
        refused = column < F.lit(_FIRST_TIMESTAMP + zone).cast(field.dataType)
        return _nullify_or_refuse(field, table, column, is_null=F.lit(False), refused=refused)
    return None


def _nullify_or_refuse(
    field: StructField, table: str, value: Column, *, is_null: Column, refused: Column
) -> Column:
    from pyspark.sql import functions as F

    message = (
        f"sparkops.errors.BadData: Table `{table}` is partitioned by `{field.name}`, "
        "and Delta cannot store this value of it: "
    )
    shown = F.col(quote_column(field.name)).cast("string")
    if field.dataType.typeName() == "binary":
        shown = F.concat(F.lit("X'"), F.hex(quote_column(field.name)), F.lit("'"))
    advice = ". Remove the row, or partition the table by another column."
    error = F.raise_error(F.concat(F.lit(message), shown, F.lit(advice))).cast(field.dataType)
    return F.when(refused, error).when(~is_null, value)


def _read_char_lengths(schema: Mapping[str, Any]) -> dict[str, int]:
    lengths = {
        field["name"].lower(): _read_char_length(field.get("metadata") or {}) for field in schema["fields"]
    }
    return {name: length for name, length in lengths.items() if length is not None}


def _read_char_length(metadata: Mapping[str, Any]) -> int | None:
    match = _CHAR_TYPE.fullmatch(str(metadata.get(_CHAR_KEY, "")))
    return int(match[1]) if match else None
