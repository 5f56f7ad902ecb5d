"""Pin a table to one version, and read exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import VersionGone
from sparkops.pipeline.table import Commit, Pin
from sparkops.tables.catalog import Catalog, Location
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import history, load, made, tip
from sparkops.tables.log.local_log import LogTip
from sparkops.tables.log.replay import missing_file
from sparkops.tables.schema import schema_hash
from sparkops.tables.session import Session
from sparkops.tables.sources.sources import pin_source, read_source
from sparkops.tables.versions import require_version, utc, version_as_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def pin(
    catalog: Catalog, session: Session, table: str, *, at: int | None = None, as_of: datetime | None = None
) -> Pin:
    """Return the version of a table that is meant.

    Args:
        catalog: Says where the table stands.
        session: Used only where the log is not on this machine.
        table: Name in the catalog.
        at: A version.
        as_of: A moment; one without a time zone is UTC.

    Raises:
        UnknownName: There is no such table or version.
        VersionGone: Its log or files were cleaned away.
    """
    location = catalog.locate(table)
    if location.kind == "source":
        return pin_source(location, session, at=at, as_of=utc(as_of) if as_of else None)
    if not made(location, session):
        raise catalog.unknown(table)
    return pin_of(location, _version(location, session, at, as_of))


def read(catalog: Catalog, session: Session, pinned: Pin, *, cache: Path) -> DataFrame:
    """Return a table at its pin.

    Raises:
        VersionGone: The pinned version, or the very table or file, is no longer there.
    """
    location = catalog.locate(pinned.table)
    if pinned.kind == "source" or pinned.version is None:
        return read_source(location, pinned, session, cache=cache)
    found = local_log.latest(location.local) if location.local else None
    if found is not None and found.identity != pinned.identity:
        raise VersionGone(
            f"Table `{pinned.table}` was made anew at {location.text}: version {pinned.version} of the pinned one "
            "no longer exists."
        )
    if location.local is not None and found is not None and pinned.version != found.version:
        _require_files(location, pinned.version, location.local)
    return load(location, session, pinned.version)


def pin_of(location: Location, found: LogTip) -> Pin:
    """Return the pin of a version."""
    return Pin(
        table=location.table,
        kind="delta",
        location=location.text,
        version=found.version,
        identity=found.identity,
        schema_hash=schema_hash(found.schema),
        time=found.time,
    )


def _version(location: Location, session: Session, at: int | None, as_of: datetime | None) -> LogTip:
    newest = tip(location, session)
    if newest is None:
        raise VersionGone(f"The log of table `{location.table}` at {location.text} cannot be read.")
    if at is None and as_of is None:
        return newest
    commits = history(location, session)
    oldest = _oldest(location, commits)
    if at is None and as_of is not None:
        at = version_as_of(location.table, as_of, commits, oldest=oldest, newest=newest.version)
    at = newest.version if at is None else at
    require_version(location.table, at, oldest=oldest, newest=newest.version)
    if location.local is not None and at != newest.version:
        _require_files(location, at, location.local)
    return tip(location, session, at=at) or newest


def _oldest(location: Location, commits: Sequence[Commit]) -> int:
    found = local_log.earliest(location.local) if location.local else None
    return found if found is not None else commits[-1].version


def _require_files(location: Location, version: int, folder: Path) -> None:
    """Refuse an older version whose data files were removed, before a job begins to read it."""
    lost = missing_file(folder, version)
    if lost is not None:
        raise VersionGone(
            f"Version {version} of table `{location.table}` can no longer be read: its file {lost.name} was removed "
            "(VACUUM removes what newer versions do not need). Use a newer version."
        )
