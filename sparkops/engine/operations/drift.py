"""Describe how a table's columns changed from version to version; a local table is read without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sparkops.errors import VersionGone
from sparkops.tables.schema import Columns, describe_differences

if TYPE_CHECKING:
    from sparkops.tables import Tables

_NEWEST = 20


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A sentence about one changed column, and the version that changed it."""

    version: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDrift:
    """The changes from the oldest version that was read to the newest."""

    oldest: int
    newest: int
    changes: tuple[ColumnChange, ...]


def describe_schema_drift(tables: Tables, table: str, *, since: int | None = None) -> SchemaDrift:
    """Return how a table's columns changed.

    Args:
        tables: The project's tables.
        table: The table.
        since: The oldest version; by default the oldest of the newest 20 that can be read.

    Raises:
        InputError: The table is a source: its files have no versions.
        VersionGone: Version `since` can no longer be read.
    """
    oldest = None if since is None else tables.pin(table, at=since).version
    commits = tables.read_history(table, _NEWEST if oldest is None else None)
    versions = sorted(commit.version for commit in commits if commit.version >= (oldest or 0))
    schemas = dict(_read_schemas(tables, table, versions))
    changes = (
        ColumnChange(new, description)
        for old, new in pairwise(schemas)
        for description in describe_differences(schemas[old], schemas[new])
    )
    return SchemaDrift(oldest=min(schemas), newest=max(schemas), changes=tuple(changes))


def _read_schemas(tables: Tables, table: str, versions: list[int]) -> Iterator[tuple[int, Columns]]:
    """Yield the columns of each version that can still be read."""
    for version in versions:
        try:
            yield version, tables.read_schema(table, at=version)
        except VersionGone:
            continue
