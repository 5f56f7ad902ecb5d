"""Rows that a checkpoint held back, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

RowState = Literal["held", "interrupted", "released", "discarded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCount:
    """How many rows one run held back for the same reasons.

    Args:
        run: The run that held them back.
        reasons: The expectations that they broke.
        state: What became of them; `interrupted` is a release that did not come to its end.
        release: The release that chose them, if one did.
        rows: How many.
    """

    run: str
    reasons: tuple[str, ...]
    state: RowState
    release: str | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSummary:
    """What stands in a table's quarantine.

    Args:
        counts: By run, reasons and what became of them.
        rows: The first rows that are still held, with the table's own columns, `_sparkops_reasons` and `_sparkops_run`.
    """

    counts: tuple[QuarantineCount, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()

    @property
    def held(self) -> int:
        """Return how many rows wait."""
        return sum(each.rows for each in self.counts if each.state == "held")

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Return the releases that did not come to their end."""
        return tuple(sorted({str(each.release) for each in self.counts if each.state == "interrupted"}))

    @property
    def runs(self) -> tuple[str, ...]:
        """Return the runs that rows still wait from."""
        return tuple(sorted({each.run for each in self.counts if each.state == "held"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """What a release did.

    Args:
        table: The table.
        release: Its id, which the commit carries.
        rows: Rows that were admitted, or discarded.
        discarded: They were discarded, and none admitted.
        version: The table's version that holds them; None where none was admitted.
        still: Rows that were asked about and still break a rule.
        reasons: The rules that those break, each with its number of rows.
        finished: Earlier releases that were brought to their end first, each with its rows.
    """

    table: str
    release: str
    rows: int = 0
    discarded: bool = False
    version: int | None = None
    still: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    finished: tuple[tuple[str, int], ...] = ()
