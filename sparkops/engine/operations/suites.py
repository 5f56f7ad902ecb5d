"""A suite drafted for a table, and what the table's own suite no longer fits; and how a table's columns changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparkops.engine.container import Workshop
    from sparkops.engine.engine import Engine
    from sparkops.pipeline.table import Pin

_WRITES = 20  # the newest, whose rows tell what a write brings


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A draft.

    Args:
        table: The table.
        version: Version that was looked at; None for a source.
        text: The YAML.
        drift: What the table's present suite no longer fits, a sentence each.
        suite: The file of that suite; None where the table has none.
    """

    table: str
    version: int | None
    text: str
    drift: tuple[str, ...]
    suite: str | None


def suggest(engine: Engine, table: str, *, at: int | None = None) -> Suggestion:
    """Look at a table and draft its suite; two passes over its rows at most.

    Args:
        engine: The project.
        table: The table.
        at: Its version; the newest by default.

    Raises:
        UnknownName: There is no such table or version.
        ConfigError: The suite that it has cannot be read.
    """
    shop = engine.workshop
    pin = shop.tables.pin(table, at=at)
    suite = shop.checks.suite(table)
    writes = _writes(shop, pin)
    shop.warm([])
    from sparkops.checks.profiling.draft import draft
    from sparkops.checks.profiling.drift import drift
    from sparkops.checks.profiling.profiler import profile

    with _told(shop):
        seen = profile(shop.tables.read(pin), table)
    return Suggestion(
        table=table,
        version=pin.version,
        text=draft(seen, version=pin.version, writes=writes),
        drift=drift(suite, seen) if suite else (),
        suite=suite.place.file if suite else None,
    )


def _writes(shop: Workshop, pin: Pin) -> tuple[int, ...]:
    """Return the rows that the newest writes up to the pin brought, where the table's log tells them."""
    if pin.kind != "delta" or pin.version is None:
        return ()
    commits = shop.tables.history(pin.table, _WRITES)
    return tuple(commit.rows for commit in commits if commit.rows and commit.version <= pin.version)


@contextmanager
def _told(shop: Workshop) -> Iterator[None]:
    """Turn an error of Spark into one that a person understands, where there is one."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        told = shop.tables.explain(error)
        if told is None:
            raise
        raise told from error
