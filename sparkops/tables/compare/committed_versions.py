"""The versions of the table that a commit is compared with, or their copies where VACUUM removed the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.pipeline.table import Pin
from sparkops.tables.catalog import Catalog, Location, to_local_path
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import find_version
from sparkops.tables.log.local_log import TableVersion
from sparkops.tables.log.replay import list_add_actions
from sparkops.tables.read import read_pinned
from sparkops.tables.session import Session
from sparkops.tables.version_copies import VersionCopies, get_original_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedVersions:
    """The versions of one table.

    Args:
        catalog: Locates the table.
        session: Reads it.
        table: Name in the catalog.
        identity: Delta's id of the table.
    """

    catalog: Catalog
    session: Session
    table: str
    identity: str

    @property
    def location(self) -> Location:
        """Return where the table is."""
        return self.catalog.locate(self.table)

    def find(self, version: int) -> TableVersion | None:
        """Return the metadata of a version, from the log or a copy; None if the table is gone or was created again."""
        copy = self._find_copy(version)
        folder = to_local_path(copy) if copy is not None else None
        if folder is not None:
            return local_log.read_version(folder)
        known = find_version(self.location, self.session, at=version)
        return known if known is not None and known.identity == self.identity else None

    def load(self, version: int) -> DataFrame:
        """Return the rows of a version.

        Raises:
            VersionGone: Its files were removed, and it has no copy; or the table was created again.
        """
        pin = Pin(
            table=self.table,
            kind="delta",
            location=self.location.address,
            version=version,
            identity=self.identity,
            schema_hash="",
        )
        return read_pinned(self.catalog, self.session, pin, cache=Path())

    def load_files(self, version: int, names: frozenset[str]) -> DataFrame | None:
        """Return the rows of a version in some of its files; None where its copy consists of other files.

        Args:
            version: The version.
            names: The names of the files in the table.
        """
        copy = self._find_copy(version)
        known = names if copy is None else _find_copied_files(copy, names)
        if known is None:
            return None
        frame = self.load(version)
        name = frame.metadataColumn("_metadata").getField("file_name")
        return frame.where(name.isin(sorted(known)))

    def _find_copy(self, version: int) -> str | None:
        """Return the path of the copy from which a version is read; see `read_pinned`."""
        folder = self.location.local
        if folder is None:
            return None
        newest = local_log.read_version(folder)
        if newest is not None and (newest.identity, newest.version) == (self.identity, version):
            return None
        return VersionCopies(self.catalog, self.session).find(self.table, self.identity, version)


def _find_copied_files(copy: str, names: frozenset[str]) -> frozenset[str] | None:
    """Return the names in a copy of some files of the version; None if the copy does not have all of them."""
    folder = to_local_path(copy)
    actions = list_add_actions(folder, 0) if folder is not None else None
    copied = {get_original_name(action["path"]): action["path"] for action in actions or ()}
    return frozenset(copied[name] for name in names) if names <= copied.keys() else None
