"""Render a report and the facts of its run as one self-contained HTML page."""

from __future__ import annotations

import logging
from typing import Any

from sparkops.pipeline.reports.report import Plot, Report, Table, Text
from sparkops.reports.check_summary import summarize_page, summarize_table
from sparkops.reports.facts import RunFacts
from sparkops.reports.headline import build_headline
from sparkops.reports.lineage.picture import draw_origins
from sparkops.reports.palette import format_css_variables
from sparkops.reports.plots.plot_view import build_plot
from sparkops.reports.table import build_table
from sparkops.reports.template import load_template

_log = logging.getLogger("sparkops.reports")


def render_page(report: Report, facts: RunFacts) -> str:
    """Render a report as an HTML page that needs no network, no script and no other file.

    Collects at most `report.max_rows` rows of each Spark frame. Errors of Spark are not translated.

    Args:
        report: The job's result.
        facts: Facts of its run.
    """
    light, dark = format_css_variables()
    checks = [summarize_table(checked) for checked in facts.checks]
    parts = [_build_part(part, number, report.max_rows) for number, part in enumerate(report.parts, 1)]
    html: str = load_template("page.html.j2").render(
        report=report,
        facts=facts,
        picture=draw_origins(facts.origins) if facts.origins is not None else None,
        summary=split_paragraphs(report.summary),
        numbers=[build_headline(number) for number in report.numbers],
        parts=parts,
        checks=checks,
        overall=summarize_page(checks),
        light=light,
        dark=dark,
    )
    _log.debug("report `%s`: %d parts, %d characters", report.title, len(parts), len(html))
    return html


def split_paragraphs(text: str) -> list[str]:
    """Split plain text at empty lines."""
    blocks = "\n".join(line.strip() for line in text.strip().splitlines()).split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _build_part(part: Text | Table | Plot, number: int, limit: int) -> tuple[str, Any]:
    """Return the kind of a part and its view for the template."""
    if isinstance(part, Text):
        return "text", split_paragraphs(part.text)
    if isinstance(part, Table):
        return "table", build_table(part, limit=limit)
    return "plot", build_plot(part, number=number, limit=limit)
