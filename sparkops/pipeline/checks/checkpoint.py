"""What the page of one checkpoint shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.core.wording import format_count
from sparkops.pipeline.checks.check import CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedExpectation:
    """One expectation of a checkpoint.

    Args:
        result: Its result.
        notes: The notes of the suite about it.
        details: What Great Expectations' result contains besides counts and observed value, such as missing values.
    """

    result: CheckResult
    notes: str = ""
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFacts:
    """What the page of one checkpoint shows.

    Args:
        table: The table.
        run_id: The run that checked it.
        time: When the decision was made.
        expectations: One for each expectation, in the order of the suite.
        suite: The suite's file.
        blocked: Whether nothing may be published.
        is_published: Whether the run publishes the rows; False for the check of an existing table.
        rows: Rows that were checked; None if they were not counted.
        quarantined: Rows that were separated.
        block_reason: Why the table is blocked although no single check blocks it; else empty.
    """

    table: str
    run_id: str
    time: datetime
    expectations: tuple[CheckedExpectation, ...]
    suite: str
    blocked: bool
    is_published: bool = True
    rows: int | None = None
    quarantined: int = 0
    block_reason: str = ""

    @property
    def tone(self) -> str:
        """Return `good`, `warn` or `bad`: what happened to the table, not what a single check found."""
        if self.blocked:
            return "bad"
        return "good" if all(expectation.result.success for expectation in self.expectations) else "warn"

    @property
    def verdict(self) -> str:
        """Return what happened to the table, in a few words."""
        if self.blocked:
            return "failed, nothing was published" if self.is_published else "failed"
        parts = ["published" if self.is_published else "checked"]
        parts += [self._quarantine] if self.quarantined else []
        warnings = sum(
            not result.success and (result.policy == "warn" or not self.quarantined)
            for result in (expectation.result for expectation in self.expectations)
        )
        parts += [format_count(warnings, "warning")] if warnings else []
        return ", ".join(parts if len(parts) > 1 else [*parts, "all checks passed"])

    @property
    def _quarantine(self) -> str:
        rows = format_count(self.quarantined, "row")
        return f"{rows} quarantined" if self.is_published else f"{rows} would be quarantined"
