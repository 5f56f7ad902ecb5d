"""Copies of table versions, which outlive VACUUM and the clean-up of the log: small Delta tables in the warehouse.

On a local file system a copy has hard links to the files of the version. It takes no space before VACUUM: this removes
a file's name in the table, and the content stays as long as the copy has another name of it. On other storage, and for
versions with deletion vectors, Spark writes the rows again. Delta has no substitute: a shallow clone refers to the
files that VACUUM removes, and open-source Delta has no deep clone.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.errors import TableError, VersionGone
from sparkops.tables.catalog import Catalog, Location, join_path, to_local_path
from sparkops.tables.log.delta_log import find_version, load_version
from sparkops.tables.log.local_log import read_metadata_and_protocol
from sparkops.tables.log.log_folder import open_log
from sparkops.tables.log.replay import list_add_actions, resolve_path
from sparkops.tables.session import Session
from sparkops.tables.storage import path_exists, remove_folder

COPIES: Final = "_copies"
_MAX_IDENTITY: Final = 8
# Keys of an action that adds a file which a copy takes over.
_ADD_KEYS: Final = {
    "partitionValues",
    "size",
    "modificationTime",
    "stats",
    "tags",
    "baseRowId",
    "defaultRowCommitVersion",
}
# Keys of actions whose values are maps.
_MAPS: Final = {"partitionValues", "tags", "configuration", "options"}
# Errors of `os.link` to another file system, or on one without hard links.
_NO_LINK: Final = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCopy:
    """The copy of a table version.

    Args:
        table: Name in the catalog.
        identity: Delta's id of the table.
        version: The version.
        path: Path or URI of the copy.
        bytes: Size of the version's data files; None where only Spark knows it.
        exists: Whether the copy exists.
        is_linked: Whether its files are hard links to those of the table, which take no space before VACUUM.
    """

    table: str
    identity: str
    version: int
    path: str
    bytes: int | None
    exists: bool
    is_linked: bool


@dataclass(frozen=True, slots=True)
class VersionCopies:
    """The copies of table versions in a warehouse.

    Args:
        catalog: Locates the tables and the warehouse.
        session: Used only where the files of a version cannot be linked.
    """

    catalog: Catalog
    session: Session

    def locate(self, table: str, identity: str, version: int) -> str:
        """Return the path or URI of the copy of a version, whether it exists or not."""
        return join_path(self.catalog.warehouse, COPIES, f"{table}@{version}-{identity[:_MAX_IDENTITY]}")

    def find(self, table: str, identity: str, version: int) -> str | None:
        """Return the path or URI of the copy of a version, or None if there is none."""
        path = self.locate(table, identity, version)
        local = to_local_path(path)
        if local is not None:
            return path if open_log(local) is not None else None
        return path if path_exists(join_path(path, "_delta_log"), self.session) else None

    def describe(self, table: str, identity: str, version: int) -> VersionCopy:
        """Return the copy of a version; if there is none, the copy that `create` would make."""
        path = self.find(table, identity, version)
        folder = to_local_path(path) if path is not None else self.catalog.locate(table).local
        actions = list_add_actions(folder, 0 if path is not None else version) if folder is not None else None
        return VersionCopy(
            table=table,
            identity=identity,
            version=version,
            path=path or self.locate(table, identity, version),
            bytes=None if actions is None else sum(action.get("size", 0) for action in actions),
            exists=path is not None,
            is_linked=actions is not None and _can_link(actions),
        )

    def create(self, table: str, identity: str, version: int) -> None:
        """Copy a version, unless it has a copy.

        Raises:
            VersionGone: The version is gone, or the table was created again.
            TableError: The copy cannot be written.
        """
        if self.find(table, identity, version) is not None:
            return
        location = self.catalog.locate(table)
        _require_identity(location, self.session, identity, version)
        path = self.locate(table, identity, version)
        local = to_local_path(path)
        folder = location.local
        actions = list_add_actions(folder, version) if folder is not None else None
        if local is not None and folder is not None and actions is not None and _can_link(actions):
            _link_version(folder, version, local, actions)
        else:
            self._write_with_spark(location, version, path)

    def remove(self, table: str, identity: str, version: int) -> None:
        """Remove the copy of a version, if there is one.

        A local copy is renamed first, so that it is not found if only a part of it is removed.

        Raises:
            TableError: The copy cannot be removed.
        """
        path = self.locate(table, identity, version)
        local = to_local_path(path)
        if local is not None and local.exists():
            hidden = local.with_name(f".{local.name}-{os.urandom(4).hex()}")
            try:
                path = str(local.rename(hidden))
            except OSError as error:
                raise TableError(
                    f"The copy {local} cannot be removed: {error.strerror}. Grant write access."
                ) from error
        remove_folder(path, self.session)

    def _write_with_spark(self, location: Location, version: int, path: str) -> None:
        pinned = find_version(location, self.session, at=version)
        writer = load_version(location, self.session, version).write.format("delta").mode("overwrite")
        writer.partitionBy(*(pinned.partition_by if pinned else ())).save(path)


def _require_identity(location: Location, session: Session, identity: str, version: int) -> None:
    """Refuse a version that does not exist any more, or belongs to another table of the same name.

    Raises:
        VersionGone: In both cases.
    """
    present = find_version(location, session, at=version)
    if present is None or present.identity != identity:
        state = "is gone" if present is None else "is of a table that was created again"
        raise VersionGone(f"Version {version} of table `{location.table}` {state}, so it cannot be copied.")


def _can_link(actions: list[dict[str, Any]]) -> bool:
    """Return whether a version consists of data files only, without deletion vectors."""
    return not any((action.get("deletionVector") or {}).get("storageType") for action in actions)


def _link_version(folder: Path, version: int, target: Path, actions: list[dict[str, Any]]) -> None:
    """Create a table of hard links to the files of a version, completely or not at all.

    Raises:
        VersionGone: A file was removed.
        TableError: The folder cannot be written.
    """
    temporary = target.with_name(f".{target.name}-{os.urandom(4).hex()}")
    log = open_log(folder)
    metadata, protocol = read_metadata_and_protocol(log, version) if log else (None, None)
    try:
        (temporary / "_delta_log").mkdir(parents=True)
        added = [_link_file(folder, temporary, number, action) for number, action in enumerate(actions)]
        lines = [
            {
                "commitInfo": {
                    "timestamp": 0,
                    "operation": "CLONE",
                    "operationParameters": {"version": version},
                }
            },
            {"protocol": _to_objects(protocol or {})},
            {"metaData": _to_objects(metadata or {})},
            *({"add": action} for action in added),
        ]
        text = "".join(json.dumps(line, default=str) + "\n" for line in lines)
        (temporary / "_delta_log" / f"{0:020d}.json").write_text(text, encoding="utf-8")
        temporary.rename(target)
    except FileNotFoundError as error:
        raise VersionGone(
            f"A file of version {version} of the table at {folder} was removed, so it cannot be copied."
        ) from error
    except OSError as error:
        raise TableError(
            f"The copy {target} cannot be written: {error.strerror}. Free space, or grant write access."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _link_file(folder: Path, target: Path, number: int, action: dict[str, Any]) -> dict[str, Any]:
    """Link one file, and return the action that adds it to the copy."""
    source = resolve_path(folder, action["path"])
    name = f"{number:05d}-{source.name}"
    try:
        os.link(source, target / name)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copy2(source, target / name)
    facts = {key: value for key, value in _to_objects(action).items() if key in _ADD_KEYS}
    return {**facts, "path": name, "dataChange": True}


def get_original_name(name: str) -> str:
    """Return the name in the table of a file that a copy links."""
    return name.partition("-")[2]


def _to_objects(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action without nulls, and with its maps, which a checkpoint has as lists of pairs, as JSON objects."""
    pairs = {key: value for key, value in action.items() if value is not None}
    return {
        key: dict(value) if key in _MAPS else _to_objects(value) if isinstance(value, dict) else value
        for key, value in pairs.items()
    }
