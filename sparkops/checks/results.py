"""What was found about one expectation, as values that JSON can hold; Great Expectations is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from math import isnan
from typing import Any

from sparkops.checks.expectations.metric_plan import SAMPLES
from sparkops.checks.suite.suite import Suite
from sparkops.pipeline.check import CheckResult


@dataclass(frozen=True, slots=True)
class Found:
    """One expectation's result as Great Expectations tells it.

    Args:
        success: Whether it held.
        result: Counts, observed value, samples.
        raised: Message of what was raised while it was evaluated, if anything was.
    """

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    raised: str | None = None

    @property
    def error(self) -> str | None:
        """Return the first line of what was raised."""
        if self.raised is None:
            return None
        lines = [line.strip() for line in self.raised.splitlines() if line.strip()]
        return lines[0] if lines else "it raised an error without a message"


def result_of(suite: Suite, index: int, found: Found | None) -> CheckResult:
    """Turn what was found into a plain value; a missing one, or one that raised, did not hold."""
    expectation = suite.expectations[index]
    over = over_limit(suite, index, found)
    found = found or Found(success=False, raised="Great Expectations returned no result for it.")
    values = found.result
    return CheckResult(
        table=suite.table,
        expectation=expectation.type,
        kwargs=plain(expectation.kwargs),
        policy="fail" if over else expectation.policy,
        success=found.success and found.raised is None,
        observed=values.get("observed_value"),
        rows=values.get("element_count"),
        unexpected=(values.get("unexpected_count") or 0) if "unexpected_count" in values else None,
        samples=tuple(values.get("partial_unexpected_list") or ())[:SAMPLES],
        error=found.error,
        place=expectation.place,
        over=over,
    )


def over_limit(suite: Suite, index: int, found: Found | None) -> str | None:
    """Return `more than fail_over.rows 100` where an expectation did not hold and more rows broke it than it allows."""
    limit = suite.expectations[index].fail_over
    if limit is None or found is None or found.success or found.raised is not None:
        return None
    part = limit.passed(found.result.get("unexpected_count"), found.result.get("element_count"))
    return f"more than fail_over.{part} {limit.told(part)}" if part else None


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: NaN as null, dates as ISO text, decimals as numbers, rows and sets as lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _plain_cell(value)


def _plain_cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)
