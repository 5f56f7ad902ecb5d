"""Inspect a table: schema, history, number of rows, first rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import InputError, TableError, UnknownName
from sparkops.pipeline.table import Commit, VersionChange
from sparkops.tables.catalog import Catalog, Location
from sparkops.tables.error_messages.spark_errors import translate_spark_errors
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import (
    find_version,
    read_history,
    read_schema_json,
    table_exists,
)
from sparkops.tables.log.replay import count_rows
from sparkops.tables.log.retention import VersionRetention, examine_versions
from sparkops.tables.log.version_change import count_change, read_identified
from sparkops.tables.read import pin_table, read_pinned
from sparkops.tables.schema import Columns, list_columns
from sparkops.tables.session import Session
from sparkops.tables.version_copies import VersionCopies

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class Inspector:
    """Inspects the tables of a project.

    Args:
        catalog: Locates tables.
        session: Used only for what the files on this machine do not answer.
        cache: Folder for unpacked archives of sources.
    """

    catalog: Catalog
    session: Session
    cache: Path

    def read_schema(self, table: str, *, at: int | None) -> Columns:
        """Return the column names and types of a table."""
        pin = pin_table(self.catalog, self.session, table, at=at)
        location = self.catalog.locate(table)
        version = find_version(location, self.session, at=pin.version) if location.kind == "delta" else None
        if version is not None:
            return list_columns(version.schema)
        with translate_spark_errors():
            return list_columns(
                read_schema_json(read_pinned(self.catalog, self.session, pin, cache=self.cache))
            )

    def find_schema_json(self, table: str, *, at: int | None) -> Mapping[str, Any] | None:
        """Return the schema JSON in the log of a table; None where the log is not on this machine."""
        location = self.catalog.locate(table)
        path = location.local if location.kind == "delta" and location.name is None else None
        version = local_log.read_version(path, at=at) if path is not None else None
        return version.schema if version is not None and version.schema.get("fields") else None

    def read_history(self, table: str, limit: int | None) -> tuple[Commit, ...]:
        """Return the commits of a table, newest first."""
        with translate_spark_errors():
            return read_history(self.locate_delta(table), self.session, limit=limit)

    def find_change(self, table: str, identity: str, before: int, after: int) -> VersionChange | None:
        """Return the rows between two versions of a table, as far as its log on this machine tells."""
        path = self._find_folder(table)
        return count_change(path, identity, before, after) if path is not None else None

    def find_columns(self, table: str, identity: str, version: int) -> Columns | None:
        """Return the columns of a version of a table; None where its log is not on this machine."""
        path = self._find_folder(table)
        identified = read_identified(path, version, identity) if path is not None else None
        return list_columns(identified.schema) if identified is not None else None

    def examine_versions(
        self, table: str, identity: str, versions: Collection[int]
    ) -> Mapping[int, VersionRetention] | None:
        """Return for versions of a table whether they can be read, and until when; a version with a copy stays."""
        path = self._find_folder(table)
        if path is None:
            return None
        copies = VersionCopies(self.catalog, self.session)
        safe = {version for version in versions if copies.find(table, identity, version) is not None}
        examined = examine_versions(path, identity, set(versions) - safe)
        return None if examined is None else {**examined, **dict.fromkeys(safe, VersionRetention())}

    def _find_folder(self, table: str) -> Path | None:
        """Return the local folder of a Delta table; None for another table, and for a name that none has."""
        try:
            location = self.catalog.locate(table)
        except UnknownName:
            return None
        return location.local if location.kind == "delta" else None

    def count(self, table: str, *, at: int | None) -> int:
        """Return the number of rows of a table, from its log where that has it."""
        pin = pin_table(self.catalog, self.session, table, at=at)
        local = self.catalog.locate(table).local
        rows = count_rows(local, pin.version) if local and pin.version is not None else None
        if rows is not None:
            return rows
        with translate_spark_errors():
            return int(read_pinned(self.catalog, self.session, pin, cache=self.cache).count())

    def preview(self, table: str, rows: int, *, at: int | None) -> tuple[dict[str, Any], ...]:
        """Return the first rows of a table."""
        from sparkops.driver.collection import collect_nested

        pin = pin_table(self.catalog, self.session, table, at=at)
        with translate_spark_errors():
            frame: DataFrame = read_pinned(self.catalog, self.session, pin, cache=self.cache)
            return tuple(collect_nested(frame.limit(rows)))

    def read_arrow(self, table: str, version: int | None, *, limit: int, committed: bool) -> pa.Table:
        """Return the first rows of a table without Spark; with `committed` of the files that the version's commit added."""
        from sparkops.tables.arrow_reading import read_rows
        from sparkops.tables.log.changed_files import list_changed_files

        location = self.locate_delta(table)
        at = pin_table(self.catalog, self.session, table, at=version).version
        changed = list_changed_files(location, at) if committed and at is not None else None
        if location.local is None or at is None or (committed and changed is None):
            raise TableError(
                f"The rows of `{table}` can only be read by Spark: its log is not on this machine."
            )
        return read_rows(location.local, at, limit=limit, files=changed[0] if changed else None)

    def locate_delta(self, table: str) -> Location:
        """Return the location of an existing Delta table.

        Raises:
            InputError: It is a source.
            UnknownName: There is no such table.
        """
        location = self.catalog.locate(table)
        if location.kind == "source":
            raise InputError(
                f"`{table}` is a read-only source ({location.format}): its files have no versions."
            )
        if not table_exists(location, self.session):
            raise self.catalog.make_unknown_table_error(table)
        return location
