"""Results of data-validation checkpoints as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sparkops.core.place import Place

Policy = Literal["fail", "quarantine", "warn"]
# Time of a checkpoint's decision, and its run.
Moment = tuple[datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """Result of one expectation.

    Args:
        table: Table the expectation is about.
        expectation: Great Expectations' own name: `expect_column_values_to_not_be_null`.
        kwargs: The expectation's arguments.
        policy: What a failure means; `fail` when more rows violate it than its threshold allows.
        success: Whether it passed; an expectation that raised or is missing from the result failed.
        observed: Observed value, where there is one.
        rows: Rows evaluated, where counted.
        unexpected: Rows that violate it, where counted.
        samples: A few values that violate it.
        error: Message when the expectation could not be evaluated.
        place: File and line of the expectation.
        severity: Great Expectations' severity, where the suite sets one.
        over: Threshold on failing rows that was exceeded, as text; the failure then blocks the table.
    """

    table: str
    expectation: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = "fail"
    success: bool = False
    observed: Any = None
    rows: int | None = None
    unexpected: int | None = None
    samples: tuple[Any, ...] = ()
    error: str | None = None
    place: Place | None = None
    severity: str | None = None
    over: str | None = None

    @property
    def share(self) -> float | None:
        """Return the share of evaluated rows that violate the expectation, 0 to 1."""
        return self.unexpected / self.rows if self.rows and self.unexpected is not None else None

    def combine(self, later: CheckResult) -> CheckResult:
        """Return the result over the rows of this and a later evaluation of the same table."""
        worse = later if not later.success else self
        return replace(
            later,
            policy=worse.policy,
            success=self.success and later.success,
            rows=_add_counts(self.rows, later.rows),
            unexpected=_add_counts(self.unexpected, later.unexpected),
            samples=self.samples or later.samples,
            error=self.error or later.error,
            over=worse.over,
        )


def format_expectation(expectation: str, kwargs: Mapping[str, Any]) -> str:
    """Return an expectation with its arguments: `expect_column_values_to_be_between(month, min_value=1)`."""
    column = kwargs.get("column")
    arguments = [] if column is None else [str(column)]
    arguments += [f"{key}={value}" for key, value in kwargs.items() if key != "column"]
    return f"{expectation}({', '.join(arguments)})"


def _add_counts(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheck:
    """Result of one expectation as the check history stores it.

    Args:
        time: Time of the decision (UTC).
        run: Id of the run.
        job: The run's job; `check` for the command.
        version: Table version that was published or checked; None where nothing was published.
        position: Index in the suite, from 0.
        result: The result, without samples.
    """

    time: datetime
    run: str
    job: str
    version: int | None
    position: int
    result: CheckResult

    @property
    def moment(self) -> Moment:
        """Return what distinguishes one evaluation of a table from another."""
        return self.time, self.run
