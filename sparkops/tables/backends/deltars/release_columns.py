"""The marks of releases in a quarantine on this machine, by delta-rs: milliseconds, and no JVM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableBusy
from sparkops.tables.backends.deltars.support import opened
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import note
from sparkops.tables.quarantine.quarantine import RELEASE_COLUMN, RELEASED_COLUMN, RUN_COLUMN

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

_ID = re.compile(r"[A-Za-z0-9_.-]+")  # of a run or release: what may stand in a condition


def columns_here(location: Location, release: str) -> bool:
    """Add the columns of releases, and tell whether that could be done."""
    table = _opened(location)
    if table is None:
        return False
    from deltalake import Field
    from deltalake.schema import PrimitiveType

    with _told(location):
        table.alter.add_columns(
            [
                Field(RELEASE_COLUMN, PrimitiveType("string")),
                Field(RELEASED_COLUMN, PrimitiveType("timestamp")),
            ],
            commit_properties=_properties(release, "prepare"),
        )
    return True


def release_here(location: Location, release: str, step: str, values: Mapping[str, Any]) -> bool:
    """Set columns of the rows that a release has chosen and is not done with; tell whether that could be done."""
    rows = f"{RELEASE_COLUMN} = '{release}' AND {RELEASED_COLUMN} IS NULL"
    return _ID.fullmatch(release) is not None and _update(location, release, step, rows, values)


def waiting_here(
    location: Location, release: str, step: str, values: Mapping[str, Any], *, run: str | None
) -> bool:
    """Set columns of the rows that wait, or of those that a run held back; tell whether that could be done."""
    if run is not None and _ID.fullmatch(run) is None:
        return False
    rows = f"{RELEASE_COLUMN} IS NULL" + ("" if run is None else f" AND {RUN_COLUMN} = '{run}'")
    return _update(location, release, step, rows, values)


def _update(location: Location, release: str, step: str, rows: str, values: Mapping[str, Any]) -> bool:
    table = _opened(location)
    if table is None:
        return False
    said = {name: value for name, value in values.items() if value is not None}
    nothing = {name: "NULL" for name, value in values.items() if value is None}
    with _told(location):
        table.update(
            updates=nothing or None,
            new_values=said or None,
            predicate=rows,
            commit_properties=_properties(release, step),
        )
    return True


def _opened(location: Location) -> DeltaTable | None:
    if location.local is None or find_spec("deltalake") is None:
        return None
    return opened(location.local)


def _properties(release: str, step: str) -> CommitProperties:
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata={"userMetadata": note(release, mode=step)})


@contextmanager
def _told(location: Location) -> Iterator[None]:
    from deltalake.exceptions import CommitFailedError

    try:
        yield
    except CommitFailedError as error:
        raise TableBusy(f"`{location.table}` was changed at the same moment ({error}). Run again.") from error
