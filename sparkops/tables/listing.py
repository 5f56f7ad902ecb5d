"""List the tables of a project with their facts. Little is imported, because the command is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparkops.pipeline.table import TableInfo
from sparkops.tables.catalog import Catalog
from sparkops.tables.log.delta_log import find_version
from sparkops.tables.session import Session
from sparkops.tables.sources.source_files import fingerprint_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.config.settings import Settings


def list_tables(settings: Settings, spark: Callable[[], SparkSession]) -> tuple[TableInfo, ...]:
    """Return the facts of every table of the catalog and of a local warehouse, by name.

    Args:
        settings: The project's settings.
        spark: Returns the session; called only for tables that are not on this machine.
    """
    catalog, session = Catalog(settings), Session(spark)
    return tuple(describe_table(catalog, session, name) for name in catalog.list_names())


def describe_table(catalog: Catalog, session: Session, table: str) -> TableInfo:
    """Return the facts of a table that a list shows."""
    location = catalog.locate(table)
    version = time = None
    if location.kind == "delta":
        newest = find_version(location, session)
        exists = newest is not None
        version, time = (newest.version, newest.time) if newest else (None, None)
    elif location.local is not None:
        fingerprint = fingerprint_files(location.local)
        exists = fingerprint is not None
        _, time = fingerprint or (None, None)
    else:
        exists = location.name is None or bool(session.get().catalog.tableExists(location.name))
    return TableInfo(
        name=table,
        kind=location.kind,
        location=location.address,
        exists=exists,
        version=version,
        time=time,
        description=location.description,
    )
