"""A whole validation as values: what Data Docs show, once they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sparkops.checks.results import Found
from sparkops.checks.suite.suite import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What was found about each expectation of a suite.

    Args:
        suite: The suite as it is written.
        run_id: Run that asked.
        time: When it was decided, with its time zone.
        found: By position in the suite.
    """

    suite: Suite
    run_id: str
    time: datetime
    found: Mapping[int, Found]

    @property
    def success(self) -> bool:
        """Tell whether every expectation held."""
        return all(one.success and one.raised is None for one in self.found.values())
