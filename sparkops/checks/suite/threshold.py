"""Thresholds on failing rows: above one, a warning or quarantine becomes a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ThresholdName = Literal["rows", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureThreshold:
    """Maximum number and share of failing rows. `None` means unlimited.

    Args:
        rows: Maximum number of failing rows.
        share: Maximum share of failing rows among the rows evaluated, 0 to 1.
    """

    rows: int | None = None
    share: float | None = None

    def find_exceeded(self, failing: int | None, evaluated: int | None) -> ThresholdName | None:
        """Return which threshold is exceeded, or None."""
        if failing is None:
            return None
        if self.rows is not None and failing > self.rows:
            return "rows"
        if self.share is not None and evaluated and failing > self.share * evaluated:
            return "share"
        return None

    def format(self, name: ThresholdName) -> str:
        """Return one threshold for display: `100` or `0.05`."""
        return f"{self.rows:,}" if name == "rows" else f"{self.share:g}"


UNLIMITED = FailureThreshold()


def find_threshold_problem(name: str, value: Any) -> str | None:
    """Return what is expected instead of a threshold read from YAML, or None if it is valid."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "rows":
        is_valid = is_number and isinstance(value, int) and value >= 0
        return None if is_valid else f"a number of rows, 0 or more, not {value!r}"
    return None if is_number and 0 <= value <= 1 else f"a share from 0 to 1, not {value!r}"
