"""Results of expectations as plain values: of one expectation, of a suite on one frame, of one validation.

Great Expectations is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any

from sparkops.checks.suite.suite import Suite
from sparkops.pipeline.checks.check import CheckResult

if TYPE_CHECKING:
    from pyspark.sql import Column

# Number of failing values in a result, as in Great Expectations.
SAMPLE_SIZE = 20


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """The result of one expectation, in the form of Great Expectations.

    Args:
        success: Whether the expectation is met.
        result: Counts, observed value and samples, under the keys of result format BASIC.
        exception: Message of the exception that its evaluation raised, if any.
    """

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    exception: str | None = None

    @property
    def error(self) -> str | None:
        """Return the first line of the exception's message."""
        if self.exception is None:
            return None
        lines = [line.strip() for line in self.exception.splitlines() if line.strip()]
        return lines[0] if lines else "it raised an error without a message"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """The results of some expectations of a suite on one frame.

    Args:
        evaluated: Positions in the suite of the expectations that were evaluated.
        results: Results by position; an expectation that is missing here gave no result.
        failing_conditions: By position, the condition that is true for failing rows, if a condition can express it.
        row_count: Rows of the frame; None if they were not counted.
    """

    evaluated: frozenset[int]
    results: Mapping[int, ExpectationResult]
    failing_conditions: Mapping[int, Column] = field(default_factory=dict)
    row_count: int | None = None

    def merge(self, other: SuiteResult) -> SuiteResult:
        """Return the results of both; they must be of the same frame."""
        return SuiteResult(
            evaluated=self.evaluated | other.evaluated,
            results={**self.results, **other.results},
            failing_conditions={**self.failing_conditions, **other.failing_conditions},
            row_count=self.row_count if self.row_count is not None else other.row_count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One validation of a suite: what its page in the Data Docs shows.

    Args:
        suite: The suite as written.
        run_id: Run that validated.
        time: When the decision was made, with its time zone.
        results: Results by position in the suite.
    """

    suite: Suite
    run_id: str
    time: datetime
    results: Mapping[int, ExpectationResult]

    @property
    def success(self) -> bool:
        """Return whether every expectation is met."""
        return all(result.success and result.exception is None for result in self.results.values())


def to_check_result(suite: Suite, index: int, result: ExpectationResult | None) -> CheckResult:
    """Return a result as sparkops records it.

    An expectation whose evaluation raised an exception, or that gave no result, failed.
    """
    expectation = suite.expectations[index]
    over = describe_exceeded_threshold(suite, index, result)
    if result is None:
        result = ExpectationResult(success=False, exception="Great Expectations returned no result for it.")
    values = result.result
    return CheckResult(
        table=suite.table,
        expectation=expectation.type,
        kwargs=to_json_value(expectation.kwargs),
        policy="fail" if over else expectation.policy,
        success=result.success and result.exception is None,
        observed=values.get("observed_value"),
        rows=values.get("element_count"),
        unexpected=(values.get("unexpected_count") or 0) if "unexpected_count" in values else None,
        samples=tuple(values.get("partial_unexpected_list") or ())[:SAMPLE_SIZE],
        error=result.error,
        place=expectation.place,
        severity=expectation.severity,
        over=over,
    )


def describe_exceeded_threshold(suite: Suite, index: int, result: ExpectationResult | None) -> str | None:
    """Return `more than fail_over.rows 100` if the expectation failed above its threshold, else None."""
    threshold = suite.expectations[index].fail_over
    if threshold is None or result is None or result.success or result.exception is not None:
        return None
    name = threshold.find_exceeded(result.result.get("unexpected_count"), result.result.get("element_count"))
    return f"more than fail_over.{name} {threshold.format(name)}" if name else None


def to_json_value(value: Any) -> Any:
    """Return a value that JSON can hold.

    NaN becomes null, dates become ISO text, decimals become numbers, rows and sets become lists.
    """
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json_value(item) for item in value]
    return _to_json_scalar(value)


def _to_json_scalar(value: Any) -> Any:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)
