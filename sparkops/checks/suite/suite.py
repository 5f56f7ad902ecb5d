"""The expectations of one table as conf/checks/<table>.yml says them; Great Expectations is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkops.checks.suite.threshold import Limit
from sparkops.pipeline.check import Policy
from sparkops.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One expectation of a suite.

    Args:
        type: Great Expectations' own name: `expect_column_values_to_not_be_null`.
        kwargs: Its arguments, by Great Expectations' own names.
        policy: What a failure means.
        severity: Great Expectations' severity (`critical`, `warning`, `info`); the suite's head may say what each means.
        fail_over: Broken rows beyond which a failure blocks the table, whatever the policy.
        meta: Notes and other facts, shown in Data Docs.
        place: Where it is written.
    """

    type: str
    kwargs: Mapping[str, Any]
    policy: Policy
    place: Place
    severity: str | None = None
    fail_over: Limit | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return it as one line: `expect_column_values_to_be_between(month, min_value=1, max_value=12)`."""
        first = self.kwargs.get("column")
        shown = [] if first is None else [str(first)]
        shown += [f"{key}={value}" for key, value in self.kwargs.items() if key not in ("column", "mostly")]
        return f"{self.type}({', '.join(shown)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All expectations of one table.

    Args:
        table: Name in the catalog.
        expectations: In the order of the file.
        policy: What a failure means where neither an expectation nor its severity says.
        quarantine_limit: Share of the rows (0 to 1) that may be quarantined; more blocks the table.
        quarantine_rows: Number of rows that may be; more blocks the table.
        place: The file.
    """

    table: str
    expectations: tuple[Expectation, ...]
    policy: Policy = "fail"
    quarantine_limit: float | None = None
    quarantine_rows: int | None = None
    place: Place

    @property
    def quarantines(self) -> bool:
        """Tell whether any expectation may send rows to quarantine."""
        return any(expectation.policy == "quarantine" for expectation in self.expectations)

    @property
    def quarantine_allowed(self) -> Limit:
        """Return how many rows may be quarantined."""
        return Limit(rows=self.quarantine_rows, share=self.quarantine_limit)
