"""From a table's name to where it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sparkops.config.settings import Settings, TableSettings
from sparkops.errors import UnknownName

QUARANTINE = "__quarantine"
STAGING = "_staging"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where one table of the catalog stands.

    Args:
        table: Name in the catalog.
        kind: A Delta table, or a read-only source.
        path: Path or URI; None for a table of a metastore.
        name: Metastore name; None for a path.
        format: Delta, or the source's format.
        options: Spark's reader options of a source.
        ddl: A source's declared columns.
        description: What the project says about it.
        listed: Whether the project's configuration names it.
    """

    table: str
    kind: Literal["delta", "source"]
    path: str | None = None
    name: str | None = None
    format: str = "delta"
    options: Mapping[str, str] = field(default_factory=dict)
    ddl: str | None = None
    description: str = ""
    listed: bool = True

    @property
    def text(self) -> str:
        """Return the path, URI or metastore name."""
        return self.name or self.path or ""

    @property
    def local(self) -> Path | None:
        """Return the path on this machine's file system, or None."""
        return local_path(self.path) if self.path else None


def local_path(text: str) -> Path | None:
    """Return a path or `file:` URI as a path, or None for any other URI."""
    if text.startswith("file:"):
        return Path("/" + text.removeprefix("file:").lstrip("/"))
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) else Path(text)


def join(base: str, *parts: str) -> str:
    """Return a path or URI below another."""
    return "/".join((base.rstrip("/"), *parts))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables that a project's settings name, and those that stand in its warehouse."""

    settings: Settings

    @property
    def warehouse(self) -> str:
        """Return the folder or URI where tables without an entry stand."""
        text = self.settings.warehouse
        local = local_path(text)
        return text if local is None else str(self.settings.root / local)

    def locate(self, table: str) -> Location:
        """Return where a table stands, made or not.

        Raises:
            UnknownName: No entry has that name, and it cannot be a folder's name.
        """
        entry = self.settings.tables.get(table)
        if entry is not None:
            return self._entered(table, entry)
        base = self.settings.tables.get(table.removesuffix(QUARANTINE))
        if table.endswith(QUARANTINE) and base is not None and (base.path or base.name):
            beside = self._entered(table.removesuffix(QUARANTINE), base)
            path, name = (text and text + QUARANTINE for text in (beside.path, beside.name))
            return Location(table=table, kind="delta", path=path, name=name, listed=False)
        if not _NAME.fullmatch(table):
            raise UnknownName("table", table, self.names(), where="the catalog")
        return Location(table=table, kind="delta", path=join(self.warehouse, table), listed=False)

    def names(self) -> tuple[str, ...]:
        """Return the names of the entries and of the Delta folders in a local warehouse."""
        return tuple(sorted({*self.settings.tables, *self._found()}))

    def unknown(self, table: str) -> UnknownName:
        """Return the error for a table that is not made, with what to do about it."""
        if table in self.settings.tables:
            where = self.locate(table).text
            return UnknownName(
                "table", table, where=where, advice="It was not made yet: run the job that writes it."
            )
        return UnknownName("table", table, self.names(), where="the catalog")

    def _entered(self, table: str, entry: TableSettings) -> Location:
        path = entry.path
        if path is None and entry.name is None:
            path = join(self.warehouse, table)
        elif path is not None and local_path(path) is not None:
            path = str(self.settings.root / (local_path(path) or path))
        return Location(
            table=table,
            kind="delta" if entry.format == "delta" else "source",
            path=path,
            name=entry.name,
            format=entry.format,
            options=entry.options,
            ddl=entry.table_schema,
            description=entry.description,
        )

    def _found(self) -> list[str]:
        folder = local_path(self.warehouse)
        if folder is None or not folder.is_dir():
            return []
        with os.scandir(folder) as entries:
            return [
                e.name
                for e in entries
                if _NAME.fullmatch(e.name) and (folder / e.name / "_delta_log").is_dir()
            ]
