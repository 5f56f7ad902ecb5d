"""What the failures of a suite mean: one policy for all, or one for each of Great Expectations' severities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from sparkops.pipeline.check import Policy

POLICIES: tuple[Policy, ...] = get_args(Policy)
SEVERITIES = ("critical", "warning", "info")
_UNSAID = "critical"  # Great Expectations' own default


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The policies of a suite's head.

    Args:
        one: For every expectation that says none, where severities do not choose.
        by_severity: Severity to policy; one that is not named here means `fail`.
    """

    one: Policy = "fail"
    by_severity: Mapping[str, Policy] | None = None

    def of(self, severity: str | None, *, sets_apart: bool) -> Policy:
        """Return the policy of an expectation that says none itself.

        Args:
            severity: As it is written; where it is not, Great Expectations' default, `critical`.
            sets_apart: Whether rows that break it can be set apart; else a severity's `quarantine` means `fail`.
        """
        if self.by_severity is None:
            return self.one
        chosen = self.by_severity.get(severity or _UNSAID, "fail")
        return "fail" if chosen == "quarantine" and not sets_apart else chosen
