"""Commits and reads of a local Delta table by delta-rs: milliseconds, and no JVM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableBusy
from sparkops.tables.backends.deltars.arrow_rows import DELTA_TYPES, query_rows, read_arrow, to_arrow
from sparkops.tables.backends.deltars.commit_files import commit_staged_files
from sparkops.tables.backends.deltars.support import open_if_supported, require_local_folder
from sparkops.tables.backends.protocol import (
    Restore,
    RowBatch,
    RowFilter,
    RowQuery,
    TableWrite,
    UnsupportedOperation,
)
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.log_folder import open_log

if TYPE_CHECKING:
    from deltalake import CommitProperties

# Attempts of an append that conflicts with other writers, and the longest pause between two attempts in seconds.
_ATTEMPTS, _MAX_PAUSE = 20, 0.5
# Appends of rows make small files, which are compacted at every 50th version.
_COMPACT_EVERY = 50
# Text that is safe between quotes in a predicate.
_SAFE_TEXT = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class DeltaRsBackend:
    """Commits of delta-rs to one table, and reads of it.

    Args:
        location: The table.
    """

    location: Location

    def write(self, request: TableWrite) -> None:
        """Add the staged files of the frame to the table."""
        commit_staged_files(self.location, request)

    def append_rows(self, batch: RowBatch, write_id: WriteId, *, txn_version: int) -> None:
        """Append rows, and create the table if needed; a commit that loses against another writer is repeated."""
        folder = require_local_folder(self.location)
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        rows, properties = to_arrow(batch), _build_write_properties(write_id, txn_version, "append")
        for attempt in range(1, _ATTEMPTS + 1):
            # Another run may create the table between two attempts.
            table = open_if_supported(folder) if open_log(folder) is not None else None
            if table is not None and (table.transaction_version(write_id.app_id) or 0) >= txn_version:
                return
            try:
                folder.mkdir(parents=True, exist_ok=True)
                write_deltalake(
                    table or str(folder),
                    rows,
                    mode="append",
                    schema_mode="merge",
                    commit_properties=properties,
                )
            except CommitFailedError:
                if attempt == _ATTEMPTS:
                    raise
                # A random pause, so that the same two writers do not collide again.
                sleep(uniform(0, min(_MAX_PAUSE, 0.01 * 2**attempt)))  # noqa: S311
            else:
                _compact_if_due(folder)
                return

    def add_columns(self, columns: Mapping[str, str], *, user_metadata: str) -> None:
        """Add columns to the table."""
        table = open_if_supported(require_local_folder(self.location))
        from deltalake import Field
        from deltalake.schema import PrimitiveType

        fields = [Field(name, PrimitiveType(DELTA_TYPES[type_name])) for name, type_name in columns.items()]
        with self._translate_conflicts():
            table.alter.add_columns(fields, commit_properties=_build_properties(user_metadata))

    def update_rows(self, where: RowFilter, values: Mapping[str, Any], *, user_metadata: str) -> None:
        """Set columns of the rows that match."""
        predicate = _to_predicate(where)
        table = open_if_supported(require_local_folder(self.location))
        constants = {name: value for name, value in values.items() if value is not None}
        nulls = {name: "NULL" for name, value in values.items() if value is None}
        with self._translate_conflicts():
            table.update(
                updates=nulls or None,
                new_values=constants or None,
                predicate=predicate,
                commit_properties=_build_properties(user_metadata),
            )

    def read_rows(self, query: RowQuery) -> list[dict[str, Any]]:
        """Return rows of the table."""
        rows = read_arrow(require_local_folder(self.location), all_times=query.columns is None)
        return query_rows(rows, query)

    def restore(self, request: Restore) -> None:
        """Commit a new version with the rows, columns and properties of an earlier one, or without rows.

        Raises:
            UnsupportedOperation: delta-rs does not support it; nothing was written.
            TableBusy: Another writer changed the table at the same time.
        """
        folder = require_local_folder(self.location)
        table = open_if_supported(folder)
        if request.version is not None:
            # A feature that only the earlier version has is lost in a commit of delta-rs, too.
            open_if_supported(folder, version=request.version)
        if table.version() != request.newest:
            raise TableBusy(f"`{self.location.table}` was changed at the same time: run it again.")
        write_id = request.write_id
        properties = _build_write_properties(write_id, write_id.txn_version, "restore") if write_id else None
        with self._translate_conflicts():
            if request.version is None:
                table.delete(commit_properties=properties)
            else:
                table.restore(request.version, commit_properties=properties)

    @contextmanager
    def _translate_conflicts(self) -> Iterator[None]:
        from deltalake.exceptions import CommitFailedError

        try:
            yield
        except CommitFailedError as error:
            raise TableBusy(
                f"`{self.location.table}` was changed at the same time ({error}): run it again."
            ) from error


def _to_predicate(where: RowFilter) -> str:
    """Return a filter as the predicate of an update.

    Raises:
        UnsupportedOperation: A value has characters that could end the quotes.
    """
    for value in where.values():
        if value is not None and not _SAFE_TEXT.fullmatch(value):
            raise UnsupportedOperation(f"{value!r} cannot be written into a predicate")
    return " AND ".join(
        f"{name} IS NULL" if value is None else f"{name} = '{value}'" for name, value in where.items()
    )


def _compact_if_due(folder: Path) -> None:
    """Merge small files at every 50th version; if another run commits at the same time, a later append does it."""
    from deltalake.exceptions import DeltaError

    with suppress(UnsupportedOperation, DeltaError):
        table = open_if_supported(folder)
        if table.version() % _COMPACT_EVERY == _COMPACT_EVERY - 1:
            table.optimize.compact()


def _build_write_properties(write_id: WriteId, txn_version: int, mode: str) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(
        custom_metadata={"userMetadata": write_id.format_user_metadata(mode=mode)},
        app_transactions=[Transaction(write_id.app_id, txn_version)],
        max_commit_retries=0,
    )


def _build_properties(user_metadata: str) -> CommitProperties:
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata={"userMetadata": user_metadata})
