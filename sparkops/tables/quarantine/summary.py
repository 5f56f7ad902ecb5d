"""Summarize a quarantine: rows by run, reason and state, and the first rows in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sparkops.pipeline.checks.quarantine_summary import QuarantineCount, QuarantineSummary, RowState
from sparkops.pipeline.staging import DISCARD_PREFIX, REASONS_COLUMN
from sparkops.tables.backends.protocol import COUNT, RowFilter, RowQuery
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.catalog import Location
from sparkops.tables.log.delta_log import table_exists
from sparkops.tables.quarantine.quarantine import (
    RELEASE_COLUMN,
    RELEASE_TIME_COLUMN,
    RUN_COLUMN,
)
from sparkops.tables.session import Session

# Run, reasons, state and release: the rows of one `QuarantineCount`.
_Group = tuple[str, tuple[str, ...], RowState, str | None]


def summarize_quarantine(
    location: Location, session: Session, *, run: str | None = None, rows: int = 0
) -> QuarantineSummary:
    """Return the summary of a quarantine.

    Args:
        location: The quarantine.
        session: Used only where delta-rs cannot read it.
        run: Only rows that this run quarantined.
        rows: Maximum number of rows to return.
    """
    if not table_exists(location, session):
        return QuarantineSummary()

    def read(query: RowQuery) -> list[dict[str, Any]]:
        return run_on_backend(location, session, lambda backend: backend.read_rows(query))

    where: RowFilter = {} if run is None else {RUN_COLUMN: run}
    columns = (RUN_COLUMN, REASONS_COLUMN, RELEASE_COLUMN, RELEASE_TIME_COLUMN)
    counted: Counter[_Group] = Counter()
    for row in read(RowQuery(columns=columns, where=where, count=True)):
        counted[_to_group(row)] += row[COUNT]
    unreleased = read(RowQuery(where={**where, RELEASE_COLUMN: None}, limit=rows)) if rows else []
    return QuarantineSummary(counts=_to_counts(counted), rows=tuple(map(_omit_release, unreleased)))


def _to_group(row: Mapping[str, Any]) -> _Group:
    release = row.get(RELEASE_COLUMN)
    return row[RUN_COLUMN], tuple(row.get(REASONS_COLUMN) or ()), _find_state(release, row), release


def _find_state(release: str | None, row: Mapping[str, Any]) -> RowState:
    if release is None:
        return "held"
    if row.get(RELEASE_TIME_COLUMN) is None:
        return "interrupted"
    return "discarded" if release.startswith(DISCARD_PREFIX) else "released"


def _to_counts(counted: Mapping[_Group, int]) -> tuple[QuarantineCount, ...]:
    by_run: Iterable[tuple[_Group, int]] = sorted(
        counted.items(), key=lambda item: (item[0][0], str(item[0]))
    )
    return tuple(
        QuarantineCount(run=run, reasons=reasons, state=state, release=release, rows=rows)
        for (run, reasons, state, release), rows in by_run
    )


def _omit_release(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in (RELEASE_COLUMN, RELEASE_TIME_COLUMN)}
