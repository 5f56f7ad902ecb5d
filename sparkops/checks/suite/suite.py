"""The suite of one table, as written in conf/checks/<table>.yml. Great Expectations is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from sparkops.checks.suite.threshold import UNLIMITED, FailureThreshold
from sparkops.core.place import Place
from sparkops.pipeline.checks.check import Policy, format_expectation

POLICIES: tuple[Policy, ...] = get_args(Policy)
SEVERITIES = ("critical", "warning", "info")
# The default of Great Expectations.
_DEFAULT_SEVERITY = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One expectation of a suite.

    Args:
        type: Its type in Great Expectations: `expect_column_values_to_not_be_null`.
        kwargs: Its arguments, by their names in Great Expectations.
        policy: What a failure means.
        severity: Great Expectations' severity (`critical`, `warning`, `info`), if the suite sets one.
        fail_over: Above this threshold a failure blocks the table, whatever the policy.
        meta: Notes and other facts, shown in Data Docs.
        place: Where it is written.
    """

    type: str
    kwargs: Mapping[str, Any]
    policy: Policy
    place: Place
    severity: str | None = None
    fail_over: FailureThreshold | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return it as one line: `expect_column_values_to_be_between(month, min_value=1, max_value=12)`."""
        return format_expectation(
            self.type, {name: value for name, value in self.kwargs.items() if name != "mostly"}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All expectations of one table.

    Args:
        table: Name in the catalog.
        expectations: In the order of the file.
        policy: What a failure means if neither the expectation nor its severity sets a policy.
        quarantine_limit: How many rows may be quarantined; more block the table.
        place: The file.
    """

    table: str
    expectations: tuple[Expectation, ...]
    policy: Policy = "fail"
    quarantine_limit: FailureThreshold = UNLIMITED
    place: Place

    @property
    def can_quarantine(self) -> bool:
        """Return whether any expectation has the policy `quarantine`."""
        return any(expectation.policy == "quarantine" for expectation in self.expectations)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultPolicies:
    """The policies of expectations that set none themselves.

    Args:
        policy: One policy for all; ignored if `by_severity` is set.
        by_severity: Policies by severity; a severity that is missing here means `fail`.
    """

    policy: Policy = "fail"
    by_severity: Mapping[str, Policy] | None = None

    def for_severity(self, severity: str | None, *, can_quarantine: bool) -> Policy:
        """Return the policy of an expectation.

        Args:
            severity: As written; `critical`, the default of Great Expectations, if None.
            can_quarantine: Whether the rows that fail it can be separated; if not, `quarantine` means `fail`.
        """
        if self.by_severity is None:
            return self.policy
        policy = self.by_severity.get(severity or _DEFAULT_SEVERITY, "fail")
        return "fail" if policy == "quarantine" and not can_quarantine else policy
