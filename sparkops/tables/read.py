"""Pin a table to one version, and read exactly that version."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import VersionGone
from sparkops.pipeline.table import Pin
from sparkops.tables.catalog import Catalog, Location
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import find_version, load_version, read_history, table_exists
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.log.replay import find_missing_file
from sparkops.tables.schema import hash_schema
from sparkops.tables.session import Session
from sparkops.tables.sources.sources import pin_source, read_source
from sparkops.tables.version_copies import VersionCopies
from sparkops.tables.versions import find_version_as_of, require_version, to_utc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def pin_table(
    catalog: Catalog, session: Session, table: str, *, at: int | None = None, as_of: datetime | None = None
) -> Pin:
    """Return the newest version of a table, version `at`, or the version of a moment.

    Args:
        catalog: Locates the table.
        session: Used only where the log is not on this machine.
        table: Name in the catalog.
        at: The version.
        as_of: The moment; without a time zone it is UTC.

    Raises:
        UnknownName: There is no such table or version.
        VersionGone: Its log or files were removed.
    """
    location = catalog.locate(table)
    if location.kind == "source":
        return pin_source(location, session, at=at, as_of=to_utc(as_of) if as_of else None)
    if not table_exists(location, session):
        raise catalog.make_unknown_table_error(table)
    version = _resolve_version(location, session, at, as_of)
    return Pin(
        table=location.table,
        kind="delta",
        location=location.address,
        version=version.version,
        identity=version.identity,
        schema_hash=hash_schema(version.schema),
        time=version.time,
    )


def read_pinned(catalog: Catalog, session: Session, pin: Pin, *, cache: Path) -> DataFrame:
    """Return a table at its pin.

    Args:
        catalog: Locates the table.
        session: Reads it.
        pin: The version.
        cache: Folder for unpacked archives of sources.

    Raises:
        VersionGone: The pinned version or one of its files was removed, or the table was created again.
    """
    location = catalog.locate(pin.table)
    if pin.kind == "source" or pin.version is None:
        return read_source(location, pin, session, cache=cache)
    newest = local_log.read_version(location.local) if location.local else None
    copy = None
    if location.local is not None and _may_be_copied(newest, pin):
        copy = VersionCopies(catalog, session).find(pin.table, pin.identity, pin.version)
    if copy is not None:
        return session.get().read.format("delta").load(copy)
    if newest is not None and newest.identity != pin.identity:
        raise VersionGone(
            f"Table `{pin.table}` was created again at {location.address}: its pinned version {pin.version} "
            "no longer exists. Run the job on the table as it is now."
        )
    if location.local is not None and newest is not None and pin.version != newest.version:
        require_files(location, pin.version, location.local)
    return load_version(location, session, pin.version)


def pin_copy(catalog: Catalog, session: Session, table: str, version: int) -> Pin | None:
    """Return the pin of a version of a local table that is gone and has a copy, or None."""
    location = catalog.locate(table)
    newest = local_log.read_version(location.local) if location.local else None
    path = VersionCopies(catalog, session).find(table, newest.identity, version) if newest else None
    copy = local_log.read_version(Path(path)) if path is not None else None
    if copy is None or newest is None:
        return None
    return Pin(
        table=table,
        kind="delta",
        location=location.address,
        version=version,
        identity=newest.identity,
        schema_hash=hash_schema(copy.schema),
        time=copy.time,
    )


def _may_be_copied(newest: TableVersion | None, pin: Pin) -> bool:
    """Return whether a copy may be all that is left of a version: it is not the newest of the table as it is."""
    return newest is None or (newest.identity, newest.version) != (pin.identity, pin.version)


def _resolve_version(
    location: Location, session: Session, at: int | None, as_of: datetime | None
) -> TableVersion:
    """Return the newest version of a table, version `at`, or the version of a moment.

    Raises:
        UnknownName: There is no such version.
        VersionGone: The log, or a file of the version, was removed.
    """
    newest = find_version(location, session)
    if newest is None:
        raise VersionGone(
            f"The log of table `{location.table}` at {location.address} cannot be read: restore its folder "
            "`_delta_log`."
        )
    if at is None and as_of is None:
        return newest
    oldest = local_log.find_oldest_version(location.local) if location.local else None
    # The history, which may be long, is read only if its commits are needed.
    commits = read_history(location, session) if at is None or oldest is None else ()
    oldest = commits[-1].version if oldest is None else oldest
    if at is None and as_of is not None:
        at = find_version_as_of(location.table, as_of, commits, oldest=oldest, newest=newest.version)
    at = newest.version if at is None else at
    require_version(location.table, at, oldest=oldest, newest=newest.version)
    if location.local is not None and at != newest.version:
        require_files(location, at, location.local)
    return find_version(location, session, at=at) or newest


def require_files(location: Location, version: int, folder: Path) -> None:
    """Refuse an older version whose data files were removed, before a job begins to read it.

    Raises:
        VersionGone: A file was removed.
    """
    removed = find_missing_file(folder, version)
    if removed is not None:
        raise VersionGone(
            f"Version {version} of table `{location.table}` can no longer be read: its file {removed.name} was removed "
            "(VACUUM removes what newer versions do not need). Use a newer version."
        )
