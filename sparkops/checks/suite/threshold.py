"""How many rows may break something before it blocks the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that may be; what is None is not limited.

    Args:
        rows: A number of rows.
        share: A share of the rows looked at, 0 to 1.
    """

    rows: int | None = None
    share: float | None = None

    def passed(self, broken: int | None, rows: int | None) -> str | None:
        """Return which part so many of the rows looked at exceed, `rows` or `share`; None where they are allowed."""
        if broken is None:
            return None
        if self.rows is not None and broken > self.rows:
            return "rows"
        if self.share is not None and rows and broken > self.share * rows:
            return "share"
        return None

    def told(self, part: str) -> str:
        """Return one part as it is read: `100`, `0.05`."""
        return f"{self.rows:,}" if part == "rows" else f"{self.share:g}"


def problem_of(part: str, value: Any) -> str | None:
    """Return what is wrong with one part of a limit as it is written, or None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if part == "rows":
        right = number and isinstance(value, int) and value >= 0
        return None if right else f"a number of rows, 0 or more, not {value!r}"
    return None if number and 0 <= value <= 1 else f"a share from 0 to 1, not {value!r}"
