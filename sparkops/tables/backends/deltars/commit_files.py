"""Publish staged files as they are: one commit that names them, and no row is moved.

The files were computed and checked already; of rows that were left when others were set apart, files are written first. A
hard link puts each into the table's folder and delta-rs commits them.
Where that can't be (no local file system, features that delta-rs does not write, a slice that is no whole partition)
Spark writes the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, TableBusy
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.hard_links import Links
from sparkops.tables.backends.deltars.support import nullable, opened, plain
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import Mark
from sparkops.tables.log.delta_log import schema_json
from sparkops.tables.log.local_log import LogTip
from sparkops.tables.staging.staged_file import Part, parts_of, staged_by

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable
    from pyspark.sql import DataFrame

_Filter = list[tuple[str, str, Any]]


Files = Callable[["DataFrame"], AbstractContextManager[Path | None]]


def adopted(
    location: Location,
    frame: DataFrame,
    files: Files,
    write: Write,
    before: LogTip | None,
    mark: Mark,
    values: Mapping[str, Any],
) -> bool:
    """Make the files of a frame the table's own, and tell whether that could be done.

    Args:
        location: Of the table.
        frame: The rows.
        files: Gives the folder of their files, staged or written now; asked only where they can be adopted.
        write: How they go into the table.
        before: The table as it stands; None makes it.
        mark: Of the commit.
        values: The run's parameters: they name the slice of a `replace`.

    Raises:
        BadData: A row outside of the replaced slice.
        TableBusy: Another writer changed the table at the same moment.
    """
    struct = schema_json(frame)
    if location.local is None or not _may(location, struct, write, before):
        return False
    table = opened(location.local) if before else None
    if before and (table is None or not _same_names(table, struct) or _knows(table, mark)):
        return False
    with files(frame) as folder:
        if folder is None:
            return False
        parts = parts_of(folder, frame.columns)
        only: _Filter | None = None
        if write.mode == "replace":
            if not _by_partitions(write, values, parts):
                return False
            only = _replaced(write, parts, values)
        commit(location.local, table, parts, struct, write, mark=mark, only=only)
    return True


def _may(location: Location, struct: Mapping[str, Any], write: Write, before: LogTip | None) -> bool:
    """Tell whether files of such columns, written in such a way, could become the table's own."""
    by = write.partition_by
    if location.name or find_spec("deltalake") is None:
        return False
    if not plain(struct) or staged_by(struct, by) != by or (before and before.partition_by != by):
        return False
    if write.mode == "replace":
        return len(write.by) == 1 and write.by == by
    return write.mode != "merge" or before is None


def _knows(table: DeltaTable, mark: Mark) -> bool:
    """Tell whether the write that is meant was made, though no commit says so any more: then Spark's writes nothing."""
    return (table.transaction_version(mark.app_id) or 0) >= mark.number


def _same_names(table: DeltaTable, struct: Mapping[str, Any]) -> bool:
    return {field.name for field in table.schema().fields} == {field["name"] for field in struct["fields"]}


def _by_partitions(write: Write, values: Mapping[str, Any], parts: Sequence[Part]) -> bool:
    """Tell whether whole partitions are replaced, each by its name."""
    named = values.get(write.by[0])
    texts = isinstance(named, str | int | date) and not isinstance(named, bool | datetime)
    known = bool(parts) and all(part.values[write.by[0]] is not None for part in parts)
    return texts if named is not None else known


def _replaced(write: Write, parts: Sequence[Part], values: Mapping[str, Any]) -> _Filter:
    [column] = write.by
    named = values.get(column)
    found = sorted({str(part.values[column]) for part in parts})
    if named is None:
        return [(column, "in", found)]
    outside = [value for value in found if value != str(named)]
    if outside:
        raise BadData(
            f"Table `{write.table}`: the job replaces the rows where `{column}` = {named!r}, and returned a row outside "
            f"of that: `{column}` is {outside[0]}. Filter the frame to the slice."
        )
    return [(column, "=", str(named))]


def commit(
    folder: Path,
    table: DeltaTable | None,
    parts: Sequence[Part],
    struct: Mapping[str, Any],
    write: Write,
    *,
    mark: Mark,
    only: _Filter | None,
) -> None:
    """Link files into a table's folder and commit them, all or nothing.

    Args:
        folder: The table's folder.
        table: The table as it stands; None makes it.
        parts: The files.
        struct: Spark's JSON of the columns of a new table.
        write: Mode and partitions.
        mark: Of the commit.
        only: Partitions to replace, as filters of delta-rs; None replaces the whole.

    Raises:
        TableBusy: Another writer changed the table at the same moment.
    """
    from deltalake import Schema
    from deltalake.exceptions import CommitFailedError
    from deltalake.transaction import create_table_with_add_actions

    marks, by = _marks(mark, write, parts), list(write.partition_by)
    with Links(folder) as links:
        actions = [links.add(number, part) for number, part in enumerate(parts)]
        try:
            if table is None:
                schema = Schema.from_json(json.dumps(nullable(struct)))
                create_table_with_add_actions(
                    str(folder), schema, actions, partition_by=by, commit_properties=marks
                )
            else:
                mode = "append" if write.mode == "append" else "overwrite"
                table.create_write_transaction(
                    [*actions], mode, table.schema(), by, only, commit_properties=marks
                )
        except CommitFailedError as error:
            raise TableBusy(
                f"Table `{write.table}` was changed by another writer at the same moment, so nothing was published "
                f"({error}). Run again."
            ) from error
        links.keep()


def _marks(mark: Mark, write: Write, parts: Sequence[Part]) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    rows = sum(part.stats.rows for part in parts)
    told = {"numFiles": str(len(parts)), "numOutputRows": str(rows)}
    return CommitProperties(
        custom_metadata={"userMetadata": mark.note(mode=write.mode), "operationMetrics": told},
        app_transactions=[Transaction(mark.app_id, mark.number)],
        max_commit_retries=0,
    )
