"""Render the results of one checkpoint as a page: verdict, counts, and each expectation with its failing values."""

from __future__ import annotations

from dataclasses import dataclass

from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.reports.check_summary import ExpectationSummary, count_tones, summarize_expectation
from sparkops.reports.formatting import MISSING, format_value, shorten
from sparkops.reports.palette import format_css_variables
from sparkops.reports.template import load_template

# Characters of one failing value, and of the details of one result.
_MAX_SAMPLE, _MAX_DETAILS = 120, 2000


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
    light, dark = format_css_variables()
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
