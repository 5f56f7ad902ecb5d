"""Publish a frame into its table exactly once for a run, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableError
from sparkops.pipeline.table import Commit, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.support import transaction_version
from sparkops.tables.backends.protocol import OpenFiles, TableWrite
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import find_version, read_history, schema_json, table_exists
from sparkops.tables.log.local_log import read_transactions
from sparkops.tables.schema import require_storable, schema_hash
from sparkops.tables.session import Session
from sparkops.tables.storage import require_writable
from sparkops.tables.write.rules import (
    require_delta,
    require_key_columns,
    require_unique_keys,
    schema_options,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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
        open_files: Gives the files of the frame, which may become files of the table; None if Spark has to write it.
    """

    frame: DataFrame
    write: Write
    write_id: WriteId
    parameters: Mapping[str, Any] = field(default_factory=dict)
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
        return _published_version(location, session, write_id, earlier, already_published=True)
    request = _check_rules(location, session, publication)
    run_on_backend(location, session, lambda backend: backend.write(request))
    commit = find_commit(location, session, write_id)
    return _published_version(location, session, write_id, commit, already_published=False)


def find_published(location: Location, session: Session, write_id: WriteId) -> PublishedVersion | None:
    """Return the version that a write published into a table, or None."""
    commit = find_commit(location, session, write_id)
    return (
        None
        if commit is None
        else _published_version(location, session, write_id, commit, already_published=True)
    )


def find_commit(location: Location, session: Session, write_id: WriteId) -> Commit | None:
    """Return the commit that a write made in a table, or None."""
    if not table_exists(location, session):
        return None
    if location.local is not None:
        last = _last_transaction(location, write_id.app_id)
        if last is not None and last < write_id.txn_version:
            return None
    for limit in (_NEWEST_COMMITS, None) if location.local else (_MAX_REMOTE_COMMITS,):
        commits = read_history(location, session, limit=limit)
        commit = next(filter(write_id.matches, commits), None)
        if commit is not None:
            return commit
    return None


def _last_transaction(location: Location, app_id: str) -> int | None:
    """Return the last `txnVersion` of a `txnAppId`, 0 if there is none; None where the log on this machine cannot tell."""
    transactions = read_transactions(location.local) if location.local else None
    return transaction_version(location, app_id) if transactions is None else transactions.get(app_id, 0)


def _check_rules(location: Location, session: Session, publication: Publication) -> TableWrite:
    """Check every rule that does not depend on the backend, and return the write."""
    frame, write = publication.frame, publication.write
    schema = schema_json(frame)
    require_storable(schema, write.table)
    require_key_columns(write, schema)
    before = find_version(location, session)
    if before is None and location.local is not None:
        require_writable(str(location.local), what=f"table `{location.table}`")
    options = schema_options(write, schema, before)
    if write.mode == "merge":
        require_unique_keys(frame, write)
    replaced = (
        ReplacedSlice.from_parameters(write.by, publication.parameters, schema)
        if write.mode == "replace"
        else None
    )
    return TableWrite(
        frame=frame,
        write=write,
        write_id=publication.write_id,
        before=before,
        replaced=replaced,
        schema_options=options,
        open_files=publication.open_files,
    )


def _published_version(
    location: Location, session: Session, write_id: WriteId, commit: Commit | None, *, already_published: bool
) -> PublishedVersion:
    """Return the facts of a commit; without a commit, Delta knew the write's transaction and wrote nothing."""
    version = find_version(location, session, at=commit.version if commit else None)
    if version is None:
        raise TableError(
            f"Table `{location.table}` is not at {location.address} after run {write_id.run_id} wrote it."
        )
    return PublishedVersion(
        table=location.table,
        version=version.version,
        rows=(commit.rows or 0) if commit else 0,
        location=location.address,
        identity=version.identity,
        schema_hash=schema_hash(version.schema),
        already_published=already_published or commit is None,
    )
