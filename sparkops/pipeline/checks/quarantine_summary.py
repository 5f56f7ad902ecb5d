"""Quarantined rows as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

RowState = Literal["held", "interrupted", "released", "discarded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCount:
    """Number of rows that one run quarantined for the same reasons.

    Args:
        run: Id of the run that quarantined them.
        reasons: Expectations that the rows violate.
        state: State of the rows; `interrupted` means that a release of them did not finish.
        release: Id of the release that includes them, if any.
        rows: Number of rows.
    """

    run: str
    reasons: tuple[str, ...]
    state: RowState
    release: str | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSummary:
    """Contents of a table's quarantine.

    Args:
        counts: Row counts by run, reasons and state.
        rows: First rows still in quarantine: the table's columns, `_sparkops_reasons` and `_sparkops_run`.
    """

    counts: tuple[QuarantineCount, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()

    @property
    def row_count(self) -> int:
        """Return the number of rows still in quarantine."""
        return sum(count.rows for count in self.counts if count.state == "held")

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Return the ids of releases that did not finish."""
        return tuple(sorted({str(count.release) for count in self.counts if count.state == "interrupted"}))

    @property
    def runs(self) -> tuple[str, ...]:
        """Return the ids of the runs whose rows are still in quarantine."""
        return tuple(sorted({count.run for count in self.counts if count.state == "held"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """Result of a release.

    Args:
        table: The table.
        release: Id of the release, also in the commit metadata.
        rows: Number of rows admitted, or discarded.
        discarded: Whether the rows were discarded instead of admitted.
        version: Table version that contains them; None where none was admitted.
        still_failing: Number of selected rows that still violate an expectation.
        reasons: Expectations that those violate, each with its number of rows.
        finished: Interrupted releases that were finished first, each with its number of rows.
    """

    table: str
    release: str
    rows: int = 0
    discarded: bool = False
    version: int | None = None
    still_failing: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    finished: tuple[tuple[str, int], ...] = ()
