"""Publish staged files as they are: one commit of delta-rs that adds them to the table, without copying a row.

The files were computed and checked before. A hard link puts each into the table's folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableBusy
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.hard_links import HardLinks
from sparkops.tables.backends.deltars.support import (
    has_supported_columns,
    make_nullable,
    open_if_supported,
    require_local_folder,
)
from sparkops.tables.backends.protocol import OpenFiles, TableWrite, UnsupportedOperation
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import read_schema_json
from sparkops.tables.schema import needs_mapping
from sparkops.tables.staging.staged_file import StagedFile, list_staged_files, select_staging_partitions

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable
    from deltalake.transaction import AddAction

# How often delta-rs repeats the commit of an append that loses against another writer.
_APPEND_RETRIES = 20
# Partitions to replace as delta-rs filters them: column, operator, value or values.
_PartitionFilter = list[tuple[str, str, Any]]


def commit_staged_files(location: Location, request: TableWrite) -> None:
    """Add the staged files of a frame to its table in one commit.

    Raises:
        UnsupportedOperation: Spark has to write the frame.
        TableBusy: Another writer changed the table at the same time.
    """
    schema = read_schema_json(request.frame)
    folder, open_files = require_local_folder(location), _require_supported_write(request, schema)
    table = _open_table(folder, request, schema) if request.before else None
    with open_files(request.frame) as staged:
        if staged is None:
            raise UnsupportedOperation("the staged files are not on the local file system")
        files = list_staged_files(staged, request.frame.columns)
        if any(set(file.partition) != set(request.write.partition_by) for file in files):
            raise UnsupportedOperation("the staged files are not split by the partition columns")
        partitions = _find_partitions_to_replace(request.write, request.replaced, files)
        commit = FileCommit(files, request.write, request.write_id, partitions)
        if table is None:
            commit.create(folder, schema)
        else:
            commit.add_to(table, folder)


def _require_supported_write(request: TableWrite, schema: Mapping[str, Any]) -> OpenFiles:
    """Return what opens the files, if files of these columns, written in this mode, can become files of the table."""
    write, before, by = request.write, request.before, request.write.partition_by
    if request.open_files is None:
        raise UnsupportedOperation("`commits` is `spark`")
    if request.schema_options:
        raise UnsupportedOperation("the columns of the table change")
    if not has_supported_columns(schema) or needs_mapping(schema):
        raise UnsupportedOperation("the frame has columns that delta-rs does not write")
    if select_staging_partitions(schema, by) != by:
        raise UnsupportedOperation(
            "the frame is partitioned by a column whose values no folder can be named after"
        )
    if before and before.partition_by != by:
        raise UnsupportedOperation("the table is partitioned by other columns")
    if write.mode == "merge" and before is not None:
        raise UnsupportedOperation("delta-rs does not merge")
    if request.replaced is not None:
        _require_partition_slice(write, request.replaced)
    return request.open_files


def _require_partition_slice(write: Write, replaced: ReplacedSlice) -> None:
    if len(write.by) != 1 or write.by != write.partition_by:
        raise UnsupportedOperation("the slice to replace is not a whole partition")
    if None in replaced.partition_values.get(write.by[0], ()):
        raise UnsupportedOperation("the slice to replace is the partition of null")


def _open_table(folder: Path, request: TableWrite, schema: Mapping[str, Any]) -> DeltaTable:
    """Open the table, if it has the columns of the frame and does not have the write yet."""
    table = open_if_supported(folder)
    if {field.name for field in table.schema().fields} != {field["name"] for field in schema["fields"]}:
        raise UnsupportedOperation("the frame has other columns than the table")
    # The write was made, though no commit in the log says so any more. Spark then writes nothing.
    if (table.transaction_version(request.write_id.app_id) or 0) >= request.write_id.txn_version:
        raise UnsupportedOperation("the table has this write already")
    return table


def _find_partitions_to_replace(
    write: Write, replaced: ReplacedSlice | None, files: Sequence[StagedFile]
) -> _PartitionFilter | None:
    """Return the partitions to replace; None for all, in the modes without a slice.

    Raises:
        UnsupportedOperation: A partition is null, or the frame has no rows that define the partitions.
    """
    if replaced is None:
        return None
    [column] = write.by
    values = set(replaced.partition_values.get(column, {file.partition[column] for file in files}))
    if not values or None in values:
        raise UnsupportedOperation(f"the frame has no rows, or null as `{column}`")
    return [(column, "in", sorted(str(value) for value in values))]


@dataclass(frozen=True, slots=True)
class FileCommit:
    """One commit that adds files to a table.

    Args:
        files: The staged files.
        write: Mode and partitions.
        write_id: Identifies the write.
        partitions: Partitions to replace; None for all.
    """

    files: Sequence[StagedFile]
    write: Write
    write_id: WriteId
    partitions: _PartitionFilter | None = None

    def create(self, folder: Path, schema: Mapping[str, Any]) -> None:
        """Create the table.

        Args:
            folder: The table's folder.
            schema: Schema JSON of the frame.
        """
        from deltalake import Schema
        from deltalake.transaction import create_table_with_add_actions

        columns = Schema.from_json(json.dumps(make_nullable(schema)))
        with self._link_files(folder) as actions:
            create_table_with_add_actions(
                str(folder),
                columns,
                actions,
                partition_by=list(self.write.partition_by),
                commit_properties=self._build_properties(),
            )

    def add_to(self, table: DeltaTable, folder: Path) -> None:
        """Add the files to a table, or replace its files or partitions by them.

        Args:
            table: The table as it was read. The commit fails if it has a newer version.
            folder: The table's folder.
        """
        mode = "append" if self.write.mode == "append" else "overwrite"
        with self._link_files(folder) as actions:
            table.create_write_transaction(
                [*actions],
                mode,
                table.schema(),
                list(self.write.partition_by),
                self.partitions,
                commit_properties=self._build_properties(),
            )

    @contextmanager
    def _link_files(self, folder: Path) -> Iterator[list[AddAction]]:
        """Link the files into the folder, yield the actions that add them, and keep the links if the block succeeds.

        Raises:
            TableBusy: Another writer changed the table at the same time.
        """
        from deltalake.exceptions import CommitFailedError

        with HardLinks(folder) as links:
            actions = [links.add(number, file) for number, file in enumerate(self.files)]
            try:
                yield actions
            except CommitFailedError as error:
                raise TableBusy(
                    f"Table `{self.write.table}` was changed by another writer at the same moment, so nothing was "
                    f"published ({error}). Run again."
                ) from error
            links.commit()

    def _build_properties(self) -> CommitProperties:
        from deltalake import CommitProperties, Transaction

        rows = sum(file.stats.rows for file in self.files)
        metrics = {"numFiles": str(len(self.files)), "numOutputRows": str(rows)}
        metadata = self.write_id.format_user_metadata(mode=self.write.mode)
        return CommitProperties(
            custom_metadata={"userMetadata": metadata, "operationMetrics": metrics},
            app_transactions=[Transaction(self.write_id.app_id, self.write_id.txn_version)],
            # Only an append does not depend on what the table contains.
            max_commit_retries=_APPEND_RETRIES if self.write.mode == "append" else 0,
        )
