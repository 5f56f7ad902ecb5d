"""What stands in a quarantine: counts by run and reason, and the rows that still wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sparkops.pipeline.quarantine_summary import QuarantineCount, QuarantineSummary, RowState
from sparkops.tables.backends.deltars.read_arrow import rows_here
from sparkops.tables.catalog import Location
from sparkops.tables.log.delta_log import delta_table, made
from sparkops.tables.quarantine.quarantine import (
    DISCARD,
    REASONS_COLUMN,
    RELEASE_COLUMN,
    RELEASED_COLUMN,
    RUN_COLUMN,
)
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FACTS = (RUN_COLUMN, REASONS_COLUMN, RELEASE_COLUMN, RELEASED_COLUMN)


def held(location: Location, session: Session, *, run: str | None = None, rows: int = 0) -> QuarantineSummary:
    """Return what a quarantine holds; on this machine with no JVM.

    Args:
        location: Of the quarantine.
        session: Used only where delta-rs cannot read.
        run: Only what this run held back.
        rows: How many rows to show of those that still wait.
    """
    if not made(location, session):
        return QuarantineSummary()
    found = rows_here(location)
    if found is None:
        return _by_spark(delta_table(location, session).toDF(), run, rows)
    facts = found.select([name for name in _FACTS if name in found.column_names]).to_pylist()
    mine = [number for number, fact in enumerate(facts) if run in (None, fact[RUN_COLUMN])]
    waiting = [number for number in mine if facts[number].get(RELEASE_COLUMN) is None][:rows]
    return QuarantineSummary(
        counts=_counts(Counter(_key(facts[number]) for number in mine)),
        rows=tuple(_shown(found.slice(number, 1).to_pylist()[0]) for number in waiting),
    )


def _by_spark(frame: DataFrame, run: str | None, rows: int) -> QuarantineSummary:
    from pyspark.sql import functions as F

    mine = frame if run is None else frame.where(F.col(RUN_COLUMN) == run)
    known = [name for name in _FACTS if name in frame.columns]
    facts = [row.asDict() for row in mine.groupBy(*known).count().collect()]
    counted: Counter[_Key] = Counter()
    for fact in facts:
        counted[_key(fact)] += fact["count"]
    waiting = mine.where(F.col(RELEASE_COLUMN).isNull()) if RELEASE_COLUMN in known else mine
    shown = waiting.limit(rows).collect() if rows else []
    return QuarantineSummary(
        counts=_counts(counted), rows=tuple(_shown(row.asDict(recursive=True)) for row in shown)
    )


_Key = tuple[str, tuple[str, ...], RowState, str | None]


def _key(fact: Mapping[str, Any]) -> _Key:
    release = fact.get(RELEASE_COLUMN)
    return fact[RUN_COLUMN], tuple(fact.get(REASONS_COLUMN) or ()), _state(release, fact), release


def _state(release: str | None, fact: Mapping[str, Any]) -> RowState:
    if release is None:
        return "held"
    if fact.get(RELEASED_COLUMN) is None:
        return "interrupted"
    return "discarded" if release.startswith(DISCARD) else "released"


def _counts(counted: Mapping[_Key, int]) -> tuple[QuarantineCount, ...]:
    order: Iterable[tuple[_Key, int]] = sorted(counted.items(), key=lambda item: (item[0][0], str(item[0])))
    return tuple(
        QuarantineCount(run=run, reasons=reasons, state=state, release=release, rows=rows)
        for (run, reasons, state, release), rows in order
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in (RELEASE_COLUMN, RELEASED_COLUMN)}
