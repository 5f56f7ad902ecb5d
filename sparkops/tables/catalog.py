"""Locate tables by name: in the project's settings, or in its warehouse."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sparkops.config.settings import Settings, TableSettings
from sparkops.errors import UnknownName
from sparkops.pipeline.staging import QUARANTINE_SUFFIX

STAGING = "_staging"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Location of one table of the catalog.

    Args:
        table: Name in the catalog.
        kind: A Delta table, or a read-only source.
        path: Path or URI; None for a metastore table.
        name: Metastore name; None for a table at a path.
        format: `delta`, or the format of a source.
        options: Reader options of Spark.
        ddl: Declared columns of a source.
        encoding: Encoding of the files of a source.
        optional: Declared columns that the files of a source may lack.
        strict: Whether files that differ from the declaration are refused.
        description: Description in the project's settings.
    """

    table: str
    kind: Literal["delta", "source"]
    path: str | None = None
    name: str | None = None
    format: str = "delta"
    options: Mapping[str, str] = field(default_factory=dict)
    ddl: str | None = None
    encoding: str = "UTF-8"
    optional: tuple[str, ...] = ()
    strict: bool = True
    description: str = ""

    @property
    def address(self) -> str:
        """Return the path, URI or metastore name."""
        return self.name or self.path or ""

    @property
    def local(self) -> Path | None:
        """Return the path on the local file system; None for other storage and for metastore tables."""
        return to_local_path(self.path) if self.path else None


def to_local_path(text: str) -> Path | None:
    """Return the local path of a path or `file:` URI; None for any other URI."""
    if text.startswith("file:"):
        return Path("/" + text.removeprefix("file:").lstrip("/"))
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) else Path(text)


def join_path(base: str, *parts: str) -> str:
    """Return a path or URI below another."""
    return "/".join((base.rstrip("/"), *parts))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables in a project's settings and in its warehouse."""

    settings: Settings

    @property
    def warehouse(self) -> str:
        """Return the folder or URI of the tables that the settings give no path."""
        text = self.settings.warehouse
        local = to_local_path(text)
        return text if local is None else str(self.settings.root / local)

    def locate(self, table: str) -> Location:
        """Return the location of a table, whether it exists or not.

        Raises:
            UnknownName: The settings have no such table, and a folder cannot have that name.
        """
        entry = self.settings.tables.get(table)
        if entry is not None:
            return self._from_settings(table, entry)
        base = self.settings.tables.get(table.removesuffix(QUARANTINE_SUFFIX))
        if table.endswith(QUARANTINE_SUFFIX) and base is not None and (base.path or base.name):
            base_location = self._from_settings(table.removesuffix(QUARANTINE_SUFFIX), base)
            path, name = (
                text and text + QUARANTINE_SUFFIX for text in (base_location.path, base_location.name)
            )
            return Location(table=table, kind="delta", path=path, name=name)
        if not _NAME.fullmatch(table):
            raise UnknownName("table", table, self.list_names(), where="the catalog")
        return Location(table=table, kind="delta", path=join_path(self.warehouse, table))

    def list_names(self) -> tuple[str, ...]:
        """Return the names of the tables in the settings and of the Delta tables in a local warehouse."""
        return tuple(sorted({*self.settings.tables, *self._list_warehouse_tables()}))

    def make_unknown_table_error(self, table: str) -> UnknownName:
        """Return the error for a table that does not exist, with what to do about it."""
        if table in self.settings.tables:
            where = self.locate(table).address
            return UnknownName(
                "table", table, where=where, advice="It does not exist yet: run the job that writes it."
            )
        return UnknownName("table", table, self.list_names(), where="the catalog")

    def _from_settings(self, table: str, entry: TableSettings) -> Location:
        path = entry.path
        if path is None and entry.name is None:
            path = join_path(self.warehouse, table)
        elif path is not None and to_local_path(path) is not None:
            path = str(self.settings.root / (to_local_path(path) or path))
        return Location(
            table=table,
            kind="delta" if entry.format == "delta" else "source",
            path=path,
            name=entry.name,
            format=entry.format,
            options=entry.options,
            ddl=entry.table_schema,
            encoding=entry.encoding,
            optional=entry.optional,
            strict=entry.strict,
            description=entry.description,
        )

    def _list_warehouse_tables(self) -> list[str]:
        folder = to_local_path(self.warehouse)
        if folder is None or not folder.is_dir():
            return []
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        return [name for name in names if (folder / name / "_delta_log").is_dir()]
