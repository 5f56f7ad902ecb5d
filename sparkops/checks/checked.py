"""What checking a frame found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sparkops.checks.results import Found

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found on one frame.

    Args:
        looked_at: Positions of the expectations that were asked.
        found: By position; one that is missing here gave no result.
        broken: The rows that break an expectation, where a condition can tell.
        rows: Rows of the frame, where counted.
    """

    looked_at: frozenset[int]
    found: Mapping[int, Found]
    broken: Mapping[int, Column] = field(default_factory=dict)
    rows: int | None = None

    def joined(self, other: Checked) -> Checked:
        """Return what both found on the same frame."""
        return Checked(
            looked_at=self.looked_at | other.looked_at,
            found={**self.found, **other.found},
            broken={**self.broken, **other.broken},
            rows=self.rows if self.rows is not None else other.rows,
        )
