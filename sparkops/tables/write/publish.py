"""Publish a frame into its table exactly once for a run, whatever interrupts it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableBusy, TableError
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.pipeline.table import Commit, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.support import read_transaction_version
from sparkops.tables.backends.protocol import OpenFiles, TableWrite
from sparkops.tables.backends.replaced_slice import ReplacedSlice, require_rows_inside
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.catalog import Location
from sparkops.tables.error_messages.spark_errors import translate_spark_errors
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import find_version, read_history, read_schema_json, table_exists
from sparkops.tables.log.local_log import TableVersion, read_transactions
from sparkops.tables.schema import hash_schema, require_storable
from sparkops.tables.session import Session
from sparkops.tables.staging.staged_file import list_staged_partitions
from sparkops.tables.storage import require_writable
from sparkops.tables.write.merge_rows import keep_newest, require_unique_keys
from sparkops.tables.write.requirements import choose_schema_options, require_delta, require_key_columns
from sparkops.tables.write.stored_values import convert_to_stored, find_partition_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_log = logging.getLogger("sparkops.tables")

# Attempts of an append that conflicts with other writers, and the longest pause between two attempts in seconds.
_APPEND_ATTEMPTS, _MAX_PAUSE = 40, 1.0
# The newest commits are searched first, because a write is usually searched for just after its commit.
_NEWEST_COMMITS = 20
# On storage that is not local, older commits than these are not searched; Delta still refuses to repeat the write.
_MAX_REMOTE_COMMITS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A frame to publish.

    Args:
        frame: The rows.
        write: Table, mode, keys and partitions.
        write_id: Identifies the write. A table that has it already is not written again.
        parameters: The run's parameters, which define the slice of a `replace`.
        staged_folder: Local folder of the frame's files, if the frame is staged; None also on other storage.
        open_files: Gives the files of the frame, which may become files of the table; None if Spark has to write it.
    """

    frame: DataFrame
    write: Write
    write_id: WriteId
    parameters: Mapping[str, Any] = field(default_factory=dict)
    staged_folder: Path | None = None
    open_files: OpenFiles | None = None


def publish_frame(location: Location, session: Session, publication: Publication) -> PublishedVersion:
    """Write a frame into its table in one commit, and return the version that has it.

    Raises:
        InputError: The table is a read-only source.
        TableError: The table cannot be written to.
        SchemaChanged: The columns of the frame are not those of the table, and the write does not allow that.
        BadData: A row is outside the replaced slice, or several rows have one merge key.
        TableBusy: Another writer changed the table at the same time.
    """
    require_delta(location)
    write_id = publication.write_id
    earlier = find_commit(location, session, write_id)
    if earlier is not None:
        return _build_published_version(location, session, write_id, earlier, already_published=True)
    commit = _commit(location, session, publication)
    return _build_published_version(location, session, write_id, commit, already_published=False)


def _commit(location: Location, session: Session, publication: Publication) -> Commit | None:
    """Check the rules and write the frame; return the commit, or None if Delta knows the write already.

    An append that loses against another writer is repeated, because it does not depend on what the table contains. Its
    rules are checked again, because the other writer may have changed the columns.
    """
    attempts = _APPEND_ATTEMPTS if publication.write.mode == "append" else 1
    for attempt in range(1, attempts + 1):
        request = _build_checked_write(location, session, publication)
        try:
            with translate_spark_errors():
                run_on_backend(location, session, methodcaller("write", request))
        except TableBusy as busy:
            commit = find_commit(location, session, publication.write_id)
            if commit is not None:
                return commit
            if attempt == attempts:
                raise
            _log.info("Table `%s`: the append is repeated (attempt %d): %s", location.table, attempt, busy)
            # A random pause, so that the same two writers do not collide again.
            sleep(uniform(0, min(_MAX_PAUSE, 0.02 * 2**attempt)))  # noqa: S311
        else:
            break
    return find_commit(location, session, publication.write_id)


def find_published(location: Location, session: Session, write_id: WriteId) -> PublishedVersion | None:
    """Return the version that a write published into a table, or None."""
    commit = find_commit(location, session, write_id)
    return (
        None
        if commit is None
        else _build_published_version(location, session, write_id, commit, already_published=True)
    )


def find_commit(location: Location, session: Session, write_id: WriteId) -> Commit | None:
    """Return the commit that a write made in a table, or None."""
    if not table_exists(location, session):
        return None
    if location.local is None:
        return _search_commits(location, session, write_id, limit=_MAX_REMOTE_COMMITS)
    # Just after a write, its commit is the newest.
    newest = _search_commits(location, session, write_id, limit=1)
    if newest is not None:
        return newest
    last = _read_last_transaction(location, write_id.app_id)
    if last is not None and last < write_id.txn_version:
        return None
    return _search_commits(location, session, write_id, limit=_NEWEST_COMMITS) or _search_commits(
        location, session, write_id, limit=None
    )


def _search_commits(
    location: Location, session: Session, write_id: WriteId, *, limit: int | None
) -> Commit | None:
    """Return the commit of a write among the newest ones, or None."""
    return next(filter(write_id.matches, read_history(location, session, limit=limit)), None)


def _read_last_transaction(location: Location, app_id: str) -> int | None:
    """Return the last `txnVersion` of a `txnAppId`, 0 if there is none; None where the local log cannot tell."""
    transactions = read_transactions(location.local) if location.local else None
    return read_transaction_version(location, app_id) if transactions is None else transactions.get(app_id, 0)


def prepare_frame(frame: DataFrame, write: Write, before: TableVersion | None) -> DataFrame:
    """Return the rows and values that a reader of the table will find after the write: of a merge key, the newest.

    Args:
        frame: The rows to write.
        write: Table, mode, keys and partitions.
        before: The table as it is; None if it does not exist.

    Raises:
        SchemaChanged: The frame lacks a column that the write names.
    """
    if write.mode == "merge":
        require_key_columns(write, read_schema_json(frame))
    return keep_newest(convert_to_stored(frame, write, before), write)


def _build_checked_write(location: Location, session: Session, publication: Publication) -> TableWrite:
    """Check every rule that does not depend on the backend, and return the write."""
    frame, write = publication.frame, publication.write
    schema = read_schema_json(frame)
    before = find_version(location, session)
    # A quarantine has the columns of its table, whatever their names.
    is_mapped = before.is_mapped if before else write.table.endswith(QUARANTINE_SUFFIX)
    require_storable(schema, write.table, is_mapped=is_mapped)
    require_key_columns(write, schema)
    if publication.staged_folder is None:
        frame = prepare_frame(frame, write, before)
    if before is None and location.local is not None:
        require_writable(str(location.local), content=f"table `{location.table}`")
    options = choose_schema_options(write, schema, before)
    if write.mode == "merge":
        require_unique_keys(frame, write)
    replaced = _build_replaced_slice(publication, frame, before) if write.mode == "replace" else None
    return TableWrite(
        frame=frame,
        write=write,
        write_id=publication.write_id,
        before=before,
        replaced=replaced,
        schema_options=options,
        open_files=publication.open_files,
    )


def _build_replaced_slice(
    publication: Publication, frame: DataFrame, before: TableVersion | None
) -> ReplacedSlice:
    """Return the slice to replace; no row of the frame is outside it."""
    write = publication.write
    partition_by = find_partition_columns(write, before)
    replaced = ReplacedSlice.from_parameters(
        write.by, publication.parameters, frame, partition_by=partition_by
    )
    folder = publication.staged_folder
    # The names of the staged folders often prove it without a job of Spark.
    is_inside = not replaced.conditions or (
        folder is not None
        and folder.is_dir()
        and replaced.contains_partitions(list_staged_partitions(folder))
    )
    if not is_inside:
        require_rows_inside(frame, replaced, write.table)
    return replaced


def _build_published_version(
    location: Location, session: Session, write_id: WriteId, commit: Commit | None, *, already_published: bool
) -> PublishedVersion:
    """Return the published version; without a commit, Delta knew the write's transaction and wrote nothing."""
    version = find_version(location, session, at=commit.version if commit else None)
    if version is None:
        raise TableError(
            f"Table `{location.table}` is not at {location.address} after run {write_id.run_id} wrote it: another "
            "program moved or removed it. Run the job again."
        )
    return PublishedVersion(
        table=location.table,
        version=version.version,
        rows=(commit.rows or 0) if commit else 0,
        location=location.address,
        identity=version.identity,
        schema_hash=hash_schema(version.schema),
        already_published=already_published or commit is None,
    )
