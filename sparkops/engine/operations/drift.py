"""How a table's columns changed from version to version, in words; of a local table without Spark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sparkops.errors import VersionGone
from sparkops.tables.schema import Columns, difference

if TYPE_CHECKING:
    from sparkops.engine.engine import Engine
    from sparkops.tables import Tables

_NEWEST = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence about a column, with the version that brought it."""

    version: int
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What changed from the oldest version looked at to the newest."""

    oldest: int
    newest: int
    changes: tuple[Change, ...]


def drifted(engine: Engine, table: str, *, since: int | None = None) -> Drift:
    """Return how a table's columns changed.

    Args:
        engine: The project.
        table: The table.
        since: The older version; by default the oldest of the newest 20 that can be read.

    Raises:
        InputError: The table is a source: its files have no versions.
        VersionGone: Version `since` can no longer be read.
    """
    tables = engine.workshop.tables
    oldest = None if since is None else tables.pin(table, at=since).version
    commits = tables.history(table, _NEWEST if oldest is None else None)
    found = _schemas(tables, table, [each.version for each in commits if each.version >= (oldest or 0)])
    changes = (
        Change(new, told) for old, new in pairwise(found) for told in difference(found[old], found[new])
    )
    return Drift(oldest=min(found), newest=max(found), changes=tuple(changes))


def _schemas(tables: Tables, table: str, versions: list[int]) -> Mapping[int, Columns]:
    """Return the columns of each version that can be read, the oldest first."""

    def read() -> Iterator[tuple[int, Columns]]:
        for version in sorted(versions):
            try:
                yield version, tables.schema(table, at=version)
            except VersionGone:
                continue

    return dict(read())
