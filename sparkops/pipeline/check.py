"""What a data-validation checkpoint found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sparkops.place import Place

Policy = Literal["fail", "quarantine", "warn"]
Moment = tuple[datetime, str]  # when a checkpoint decided, and in which run


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One expectation's result.

    Args:
        table: Table the expectation is about.
        expectation: Great Expectations' own name: `expect_column_values_to_not_be_null`.
        kwargs: The expectation's arguments.
        policy: What a failure means; `fail` where more rows broke it than its limit allows.
        success: Whether it held; an expectation that errored or is missing did not.
        observed: Observed value, where there is one.
        rows: Rows looked at, where counted.
        unexpected: Rows that broke it, where counted.
        samples: A few values that broke it.
        error: Message when the expectation could not be evaluated.
        place: Where it is written.
        severity: Great Expectations' severity, where the suite says one.
        over: The limit of broken rows that it passed, in words, which made its failure block the table.
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
        """Return the share of the rows looked at that broke it, 0 to 1."""
        return self.unexpected / self.rows if self.rows and self.unexpected is not None else None

    def and_later(self, later: CheckResult) -> CheckResult:
        """Return what this and a later look, at other rows of the same table, found together."""
        worse = later if not later.success else self
        return replace(
            later,
            policy=worse.policy,
            success=self.success and later.success,
            rows=_sum(self.rows, later.rows),
            unexpected=_sum(self.unexpected, later.unexpected),
            samples=self.samples or later.samples,
            error=self.error or later.error,
            over=worse.over,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheck:
    """One expectation's result as the history of checks holds it.

    Args:
        time: When it was decided (UTC).
        run: The run that asked.
        job: The run's job; `check` for the command.
        version: Version of the table that was published, or looked at by the command; None where nothing was.
        position: Place in the suite, from 0.
        result: What was found; without samples.
    """

    time: datetime
    run: str
    job: str
    version: int | None
    position: int
    result: CheckResult

    @property
    def moment(self) -> Moment:
        """Return what tells one look at a table from another."""
        return self.time, self.run
