"""Render the results of one checkpoint as a page: verdict, counts, and each expectation with its failing values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.core.wording import format_count
from sparkops.pipeline.check import CheckResult
from sparkops.reports.check_summary import ExpectationSummary, count_tones, summarize_expectation
from sparkops.reports.formatting import MISSING, format_value, shorten
from sparkops.reports.palette import css_variables
from sparkops.reports.template import load_template

# Characters of one failing value, and of the details of one result.
_MAX_SAMPLE, _MAX_DETAILS = 120, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedExpectation:
    """One expectation of a checkpoint.

    Args:
        result: Its result.
        notes: The notes of the suite about it.
        details: What Great Expectations' result contains besides counts and observed value, such as missing values.
    """

    result: CheckResult
    notes: str = ""
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFacts:
    """What the page of one checkpoint shows.

    Args:
        table: The table.
        run_id: The run that checked it.
        time: When the decision was made.
        expectations: One for each expectation, in the order of the suite.
        suite: The suite's file.
        blocked: Whether nothing may be published.
        is_published: Whether the run publishes the rows; False for the check of an existing table.
        rows: Rows that were checked; None if they were not counted.
        quarantined: Rows that were separated.
        block_reason: Why the table is blocked although no single check blocks it; else empty.
    """

    table: str
    run_id: str
    time: datetime
    expectations: tuple[CheckedExpectation, ...]
    suite: str
    blocked: bool
    is_published: bool = True
    rows: int | None = None
    quarantined: int = 0
    block_reason: str = ""

    @property
    def tone(self) -> str:
        """Return `good`, `warn` or `bad`: what happened to the table, not what a single check found."""
        if self.blocked:
            return "bad"
        return "good" if all(expectation.result.success for expectation in self.expectations) else "warn"

    @property
    def verdict(self) -> str:
        """Return what happened to the table, in a few words."""
        if self.blocked:
            return "failed, nothing was published" if self.is_published else "failed"
        parts = ["published" if self.is_published else "checked"]
        parts += [self._quarantine] if self.quarantined else []
        warnings = sum(
            not result.success and (result.policy == "warn" or not self.quarantined)
            for result in (expectation.result for expectation in self.expectations)
        )
        parts += [format_count(warnings, "warning")] if warnings else []
        return ", ".join(parts if len(parts) > 1 else [*parts, "all checks passed"])

    @property
    def _quarantine(self) -> str:
        rows = format_count(self.quarantined, "row")
        return f"{rows} quarantined" if self.is_published else f"{rows} would be quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExpectationView:
    """An expectation as the template shows it."""

    summary: ExpectationSummary
    samples: tuple[str, ...]
    notes: str
    details: str
    error: str


def render_check_page(facts: CheckpointFacts, *, index: str, history: str) -> str:
    """Return the HTML page of one checkpoint; it needs no network, no script and no other file.

    Args:
        facts: What it shows.
        index: Link to the index of all pages.
        history: Link to the pages of the table's earlier runs.
    """
    light, dark = css_variables()
    views = [_build_view(expectation) for expectation in facts.expectations]
    html: str = load_template("check_page.html.j2").render(
        facts=facts,
        unmet=[view for view in views if view.summary.tone != "good"],
        met=[view for view in views if view.summary.tone == "good"],
        numbers=_list_numbers(facts, views),
        index=index,
        history=history,
        light=light,
        dark=dark,
    )
    return html


def _list_numbers(facts: CheckpointFacts, views: list[_ExpectationView]) -> list[tuple[str, str]]:
    """Return the headline numbers of a page: label and text."""
    met = count_tones(view.summary for view in views)["good"]
    numbers = [("rows checked", MISSING if facts.rows is None else f"{facts.rows:,}")]
    numbers += [("rows quarantined", f"{facts.quarantined:,}")] if facts.quarantined else []
    numbers += [("expectations met", f"{met:,}")]
    numbers += [("not met", f"{len(views) - met:,}")] if met < len(views) else []
    return numbers


def _build_view(expectation: CheckedExpectation) -> _ExpectationView:
    result = expectation.result
    samples = dict.fromkeys(
        "null" if value is None else shorten(format_value(value), _MAX_SAMPLE) for value in result.samples
    )
    details = shorten(format_value(expectation.details), _MAX_DETAILS) if expectation.details else ""
    return _ExpectationView(
        summary=summarize_expectation(result, examples=False),
        samples=() if result.success else tuple(samples),
        notes=expectation.notes,
        details=details,
        error=result.error or "",
    )
