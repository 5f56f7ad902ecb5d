"""What a frame must meet before it is written, whichever backend writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparkops.errors import InputError, SchemaChanged, TableError
from sparkops.pipeline.write import Write
from sparkops.tables.catalog import Location
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.schema import describe_differences, find_unmergeable, list_columns, omit_computed


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
    names = [name for name, _ in list_columns(schema)]
    for column in (*write.by, *write.order_by, *write.partition_by):
        if column not in names:
            raise SchemaChanged(
                f"Table `{write.table}`: the write needs column `{column}`, and the frame has no such column; "
                f"it has {_quote_all(names)}."
            )


def choose_schema_options(
    write: Write, schema: Mapping[str, Any], before: TableVersion | None
) -> dict[str, str]:
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
    names = [name for name, _ in list_columns(schema)]
    present = omit_computed(before.schema, names)
    old, new = list_columns(present), list_columns(schema)
    changes = list(describe_differences(old, new))
    changes_partitions = bool(write.partition_by) and write.partition_by != before.partition_by
    if changes_partitions:
        changes.append(
            f"it is partitioned by {_quote_all(before.partition_by)} and the job declares "
            f"{_quote_all(write.partition_by)}"
        )
    if not changes:
        return {}
    if not write.schema_change:
        raise SchemaChanged(
            f"Table `{write.table}` would change: {'; '.join(changes)}. "
            "Change the job, or allow it with `schema_change=True`."
        )
    if write.mode == "overwrite" and len(present["fields"]) == len(before.schema["fields"]):
        return {"overwriteSchema": "true"}
    lost = find_unmergeable(before.schema, schema, widening=before.can_widen)
    if changes_partitions or lost:
        raise SchemaChanged(
            f"Table `{write.table}`: mode `{write.mode}` may add columns and fields of structs, and may not change "
            f"existing ones: {'; '.join(changes)}. {_advise(write, before)}"
        )
    return {"mergeSchema": "true"}


def _advise(write: Write, before: TableVersion) -> str:
    if write.mode == "overwrite":
        return (
            "The table computes columns that the frame lacks, and it cannot keep them under "
            "another schema: create it again."
        )
    widening = (
        ""
        if before.can_widen
        else ", or set its property `delta.enableTypeWidening` if a type only becomes wider"
    )
    return f"Overwrite the whole table instead{widening}."


def _quote_all(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
