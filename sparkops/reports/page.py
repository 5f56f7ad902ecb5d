"""The page as a whole: parts and facts put into one self-contained HTML file."""

from __future__ import annotations

import logging
from typing import Any

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Plot, Report, Table, Text
from sparkops.pipeline.table import Pin
from sparkops.reports.facts import Facts
from sparkops.reports.figure import figure
from sparkops.reports.headline import headline
from sparkops.reports.listing import listing
from sparkops.reports.palette import style_sheet
from sparkops.reports.value import clean, show, show_time
from sparkops.reports.verdict import judge, total

_log = logging.getLogger("sparkops.reports")


def render(report: Report, facts: Facts) -> str:
    """Return a report as one HTML page that needs no network, no script and no other file.

    Lazy frames are collected here, at most `report.max_rows` rows of each; what Spark raises then passes through.

    Args:
        report: What the job returned.
        facts: What is known of its run.
    """
    light, dark = style_sheet()
    judged = [judge(checked) for checked in facts.checks]
    parts = [_part(part, i, report.max_rows) for i, part in enumerate(report.parts, 1)]
    html: str = _template().render(
        report=report,
        facts=facts,
        summary=paragraphs(report.summary),
        numbers=[headline(number) for number in report.numbers],
        parts=parts,
        judged=judged,
        total=total(judged),
        light=light,
        dark=dark,
    )
    _log.debug("report `%s`: %d parts, %d characters", report.title, len(parts), len(html))
    return html


def warm() -> None:
    """Import what a page is made with, so that a thread can do it while Spark computes the rows."""
    import jinja2  # noqa: F401
    import matplotlib.backends.backend_svg
    import matplotlib.dates
    import matplotlib.figure  # noqa: F401


def paragraphs(text: str) -> list[str]:
    """Return plain text as its paragraphs, which an empty line separates."""
    blocks = "\n".join(line.strip() for line in text.strip().splitlines()).split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _part(part: Any, number: int, limit: int) -> tuple[str, Any]:
    if isinstance(part, Text):
        return "text", paragraphs(part.text)
    if isinstance(part, Table):
        return "table", listing(part, limit=limit)
    if isinstance(part, Plot):
        return "plot", figure(part, number=number, limit=limit)
    raise JobFailed(f"Part {number} of the report is {type(part).__name__}: give Text, Table or Plot.")


def _version(pin: Pin) -> str:
    return f"version {pin.version}" if pin.version is not None else "files"


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sparkops.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters["show"] = show
    environment.filters["moment"] = show_time
    environment.filters["version"] = _version
    return environment.get_template("page.html.j2")
