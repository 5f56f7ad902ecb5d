"""Pin versions of tables: while a run publishes several tables, other runs read all of its versions or none."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.errors import BadData
from sparkops.pipeline.table import Pin
from sparkops.runs.records.publications import OpenPublication

if TYPE_CHECKING:
    from sparkops.runs.ports import TableReader, TableWriter

_log = logging.getLogger("sparkops.runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistentView:
    """The newest versions of tables, without those of runs that have published only some of their tables.

    Args:
        reader: Pins versions.
        writer: Finds the versions that a run published.
        publications: The runs that have begun to publish and are not complete.
    """

    reader: TableReader
    writer: TableWriter
    publications: tuple[OpenPublication, ...]

    def pin(self, table: str) -> Pin:
        """Return the newest version of a table, or the one before an incomplete run changed it.

        Raises:
            BadData: The table was created by an incomplete run.
        """
        pin = self.reader.pin(table)
        for publication in self.publications:
            if table in publication.before and self._is_incomplete(publication, pin):
                return self._pin_before(publication, table)
        return pin

    def _is_incomplete(self, publication: OpenPublication, newest: Pin) -> bool:
        """Return whether the newest version is of a run that has not published all its tables."""
        if publication.is_rollback:
            return self._is_restored_in_part(publication, newest)
        published = {
            table: self.writer.find_published(table, publication.run) for table in publication.before
        }
        own = published[newest.table]
        return own is not None and own.version == newest.version and None in published.values()

    def _is_restored_in_part(self, publication: OpenPublication, newest: Pin) -> bool:
        """Return whether a rollback has restored this table and not all others."""
        restored = {
            table: self.reader.pin(table).version != version for table, version in publication.before.items()
        }
        return newest.version != publication.before[newest.table] and not all(restored.values())

    def _pin_before(self, publication: OpenPublication, table: str) -> Pin:
        before = publication.before[table]
        if before is None:
            raise BadData(
                f"Table `{table}` is being created by run {publication.run}, which has not published all its tables "
                f"yet. Wait for it; if it stopped, complete it: `sparkops runs resume {publication.run}`."
            )
        _log.warning(
            "Table `%s` is read at version %s, because run %s has not published all its tables yet. If it stopped, "
            "complete it: `sparkops runs resume %s`.",
            table,
            before,
            publication.run,
            publication.run,
        )
        return self.reader.pin(table, at=before)
