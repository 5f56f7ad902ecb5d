"""Rules that a frame meets before it is written, whichever backend writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, InputError, SchemaChanged, TableError
from sparkops.pipeline.write import Write
from sparkops.tables.catalog import Location
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.schema import columns, describe_differences, find_type_conflicts
from sparkops.tables.sql_text import quote_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def require_delta(location: Location) -> None:
    """Refuse to write to a read-only source.

    Raises:
        InputError: The table is a source.
    """
    if location.kind == "source":
        raise InputError(
            f"`{location.table}` is a read-only source ({location.format}) and cannot be written to: "
            "publish under another name."
        )


def require_key_columns(write: Write, schema: Mapping[str, Any]) -> None:
    """Refuse a frame without the columns that a write names as keys or partitions.

    Args:
        write: The write.
        schema: Schema JSON of the frame.

    Raises:
        TableError: The mode needs keys, and the write names none.
        SchemaChanged: The frame lacks a column.
    """
    if write.mode in ("replace", "merge") and not write.by:
        raise TableError(f"Table `{write.table}`: mode `{write.mode}` needs columns: pass `by`.")
    names = [name for name, _ in columns(schema)]
    for column in (*write.by, *write.partition_by):
        if column not in names:
            raise SchemaChanged(
                f"Table `{write.table}`: the write needs column `{column}`, and the frame has no such column; it has {_quote_all(names)}."
            )


def schema_options(write: Write, schema: Mapping[str, Any], before: TableVersion | None) -> dict[str, str]:
    """Return Delta's writer options for an allowed schema change; empty if the schema stays.

    Args:
        write: The write.
        schema: Schema JSON of the frame.
        before: The table as it is; None if it does not exist.

    Raises:
        SchemaChanged: The schema or the partitions would change, and the write does not allow that.
    """
    if before is None:
        return {}
    old, new = columns(before.schema), columns(schema)
    changes = list(describe_differences(old, new))
    changes_partitions = bool(write.partition_by) and write.partition_by != before.partition_by
    if changes_partitions:
        changes.append(
            f"it is partitioned by {_quote_all(before.partition_by)} and the job declares {_quote_all(write.partition_by)}"
        )
    if not changes:
        return {}
    if not write.schema_change:
        raise SchemaChanged(
            f"Table `{write.table}` would change: {'; '.join(changes)}. "
            "Change the job, or allow it with `schema_change=True`."
        )
    if write.mode == "overwrite":
        return {"overwriteSchema": "true"}
    if changes_partitions or find_type_conflicts(old, new):
        raise SchemaChanged(
            f"Table `{write.table}`: mode `{write.mode}` may add columns, and may not change existing columns: "
            f"{'; '.join(changes)}. Overwrite the whole table instead."
        )
    return {"mergeSchema": "true"}


def require_unique_keys(frame: DataFrame, write: Write) -> None:
    """Refuse a frame to merge that has several rows with one key, because either could win. Null equals null.

    Raises:
        BadData: There is such a key; the message contains it.
    """
    from pyspark.sql import functions as F

    names = [quote_name(key) for key in write.by]
    counts = frame.groupBy(*names).agg(F.count("*").alias("_rows"))
    duplicate = counts.where(F.col("_rows") > 1).first()
    if duplicate is not None:
        key = duplicate.asDict()
        rows = key.pop("_rows")
        raise BadData(
            f"Table `{write.table}` is merged on {', '.join(names)}, and the frame has {rows:,} rows with the key "
            f"{key}: keep one row per key."
        )


def _quote_all(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
