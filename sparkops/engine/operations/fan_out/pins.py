"""Pin the versions that all runs of a fan-out read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sparkops.pipeline.table import Pin
from sparkops.runs.execution.consistent_view import ConsistentView
from sparkops.runs.read_versions import ReadVersions

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def pin_tables(
    container: ServiceContainer, tables: Iterable[str], versions: ReadVersions
) -> Mapping[str, Pin]:
    """Return the version of each table: the requested one, or the newest that shows no half-published run.

    Args:
        container: The services.
        tables: Names of tables.
        versions: The requested versions.
    """
    reader = container.tables
    # A run that publishes one table does so by one commit, which no reader sees half.
    publications = container.build_run_context().publications.list_open()
    view = ConsistentView(
        reader=reader,
        writer=reader,
        publications=tuple(item for item in publications if len(item.before) > 1),
    )
    pins: dict[str, Pin] = {}
    for table in tables:
        at = versions.at.get(table)
        if at is not None or versions.as_of is not None:
            pins[table] = reader.pin(table, at=at, as_of=versions.as_of)
        else:
            pins[table] = view.pin(table)
    return pins
