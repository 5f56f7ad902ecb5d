"""The operations of a backend on one Delta table, and the values that describe them.

Rules about the data (schemas, merge keys, storable types, the slice of a `replace`) are checked before an operation
reaches a backend. A backend makes one commit for each operation that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sparkops.pipeline.write import Write
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.local_log import TableVersion

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Name of the number of equal rows in the result of a counting `RowQuery`.
COUNT = "count"

# Returns the local folder of a frame's staged files, for the time of the block; None where they are on other storage.
OpenFiles = Callable[["DataFrame"], AbstractContextManager[Path | None]]


class UnsupportedOperation(Exception):
    """The backend does not support the operation on this table; the message is the reason. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWrite:
    """One write of a frame into a table.

    Args:
        frame: The rows.
        write: Mode, keys and partitions.
        write_id: Identifies the write: a table that has it already is not written again.
        before: The table as it is; None creates it.
        replaced: The rows that a `replace` replaces; None in other modes.
        schema_options: Delta's writer options that allow a schema change; empty where the schema stays.
        open_files: Gives the files of the frame; None where they must not become files of the table.
    """

    frame: DataFrame
    write: Write
    write_id: WriteId
    before: TableVersion | None = None
    replaced: ReplacedSlice | None = None
    schema_options: Mapping[str, str] = field(default_factory=dict)
    open_files: OpenFiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """A few rows as Python values.

    Args:
        columns: SQL type of each column: timestamp, string, bigint, int, boolean or double.
        rows: One mapping for each row, in the order of the columns.
    """

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


# Rows whose columns equal these values. None is null; a column that the table lacks is null.
RowFilter = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """Rows of the newest version of a table.

    Args:
        columns: Columns to return, without those that the table lacks; None for all.
        where: Which rows.
        limit: Maximum number of rows.
        count: Return distinct rows, each with the number of rows that equal it as `count`.
    """

    columns: tuple[str, ...] | None = None
    where: RowFilter = field(default_factory=dict)
    limit: int | None = None
    count: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The return of a table to an earlier version, by a new version with the content of that one.

    Args:
        version: The earlier version; None removes all rows, which returns a table that did not exist before.
        newest: The newest version, whose content is replaced. The commit fails if there is a newer one.
        write_id: Identifies the commit of a run; None outside of a run.
    """

    version: int | None
    newest: int
    write_id: WriteId | None

    @property
    def commit_options(self) -> dict[str, str]:
        """Return the writer options that identify the commit."""
        return {} if self.write_id is None else self.write_id.build_writer_options(mode="restore")


class TableBackend(Protocol):
    """Commits to one Delta table and reads its rows.

    Every method raises `UnsupportedOperation`, before anything is written, where this backend cannot do it.
    """

    def write(self, request: TableWrite) -> None:
        """Write a frame in one commit, or nothing if the table has the write already.

        Raises:
            BadData: A row is outside the replaced slice.
            TableBusy: Another writer changed the table at the same time.
        """

    def append_rows(self, batch: RowBatch, write_id: WriteId, *, txn_version: int) -> None:
        """Append rows in one commit; nothing if the table has this `txnVersion` of the write, or a later one.

        The table is created if it does not exist.
        """

    def add_columns(self, columns: Mapping[str, str], *, user_metadata: str) -> None:
        """Add columns to a table, by name and SQL type, in one commit."""

    def update_rows(self, where: RowFilter, values: Mapping[str, Any], *, user_metadata: str) -> None:
        """Set columns of the rows that match, in one commit.

        Raises:
            TableBusy: Another writer changed the table at the same time.
        """

    def read_rows(self, query: RowQuery) -> list[dict[str, Any]]:
        """Return rows of an existing table."""
