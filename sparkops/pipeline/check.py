"""What a data-validation checkpoint found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkops.place import Place

Policy = Literal["fail", "quarantine", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One expectation's result.

    Args:
        table: Table the expectation is about.
        expectation: Great Expectations' own name: `expect_column_values_to_not_be_null`.
        kwargs: The expectation's arguments.
        policy: What a failure means.
        success: Whether it held; an expectation that errored or is missing did not.
        observed: Observed value, where there is one.
        rows: Rows looked at, where counted.
        unexpected: Rows that broke it, where counted.
        samples: A few values that broke it.
        error: Message when the expectation could not be evaluated.
        place: Where it is written.
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
