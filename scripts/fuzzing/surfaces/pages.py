"""Report pages and pages of checks with hostile text everywhere: no element, handler, link or style arises from data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.mutations import hostile_text, mutate_text
from fuzzing.surface import ACCEPTED, Case, Finding, RunCase, Surface, describe_refusal
from sparkops.core.place import Place
from sparkops.errors import SparkopsError
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.pipeline.reports.report import Number, Plot, Report, Table, Text
from sparkops.reports import ParameterFact, RunFacts, build_checked_table, render_page
from sparkops.reports.check_docs import DataDocs

# Every element and attribute that data brings about has the letters `fuzz` in its name.
PAYLOADS = (
    "<script>fuzz()</script>", "<fuzz>", '"><fuzz x_fuzz=1>', "'><fuzz>", "</style><script>fuzz()</script>", "</title><fuzz>", "</svg><fuzz>",
    '" onfuzz="fuzz()', "' onfuzz='fuzz()", "` onfuzz=fuzz(2)", " onfuzz=fuzz(1) ", "javascript:fuzz()", "data:text/html,<fuzz>", "<!--<fuzz>", "--><fuzz>",
    "]]><fuzz>", "<![CDATA[<fuzz>]]>", "<img src=x onerror=fuzz()>", "&lt;fuzz&gt;", "&#60;fuzz&#62;", "&#x3c;fuzz>", "{{7919*7907}}", "{% fuzz %}", "${7919*7907}",
    "\u202efuzz", "\u2028<fuzz>", "\x00<fuzz>", "<\x00fuzz>", "<fuzz\x0bfuzz=1>", "\ud800<fuzz>", "+ADw-fuzz+AD4-", "<base href=//fuzz>", "<a href=//fuzz>",
    "url(//fuzz)", "}body{background:url(//fuzz)}", "\\3c fuzz>", "%3Cfuzz%3E", "$\\alpha$ <fuzz>", "<fuzz", "<", ">", "&", '"', "'", "<?fuzz?>", "<!fuzz>",
)  # fmt: skip
TAGS = frozenset(
    """a b body br caption circle clippath code dd defs desc details div dl dt footer g h1 h2 h3 h4 head header html i li line linearGradient lineargradient
    main meta ol p path polygon polyline rect section span stop style summary svg table tbody td text th thead title tr tspan ul use""".split()  # noqa: SIM905
)
_KINDS = ("bar", "barh", "line", "scatter", "heatmap")
_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TIME = datetime(2026, 11, 30, tzinfo=UTC)


def draw_case(draw: Random) -> Case:
    """Return the texts of a page, and what they are put into."""
    texts = [_draw_payload(draw) for _ in range(40)]
    return {
        "kind": draw.choice(("report", "report", "checks")),
        "texts": texts,
        "plot": draw.choice(_KINDS),
        "numeric": draw.random() < 0.5,
    }


def _draw_payload(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.7:
        return draw.choice(PAYLOADS)
    if kind < 0.85:
        return mutate_text(draw.choice(PAYLOADS) + draw.choice(PAYLOADS), draw)
    return hostile_text(draw)[:400]


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that writes a page."""
    case = draw_case(Random(0))
    # Imports of the first page, and Matplotlib's own folders, are no work of a case.
    for kind in ("report", "checks"):
        with suppress(SparkopsError):
            run_case({**case, "kind": kind}, folder)
    yield run_case


def run_case(case: Case, folder: Path) -> str:
    """Render the page of a case and check its elements."""
    texts = iter(case["texts"] * 5)
    try:
        pages = _render_report(case, texts) if case["kind"] == "report" else _write_checks(texts, folder)
    except SparkopsError as error:
        return describe_refusal(error)
    for html in pages:
        check_page(html)
    return ACCEPTED


def _render_report(case: Case, texts: Iterator[str]) -> list[str]:
    def text() -> str:
        return next(texts)

    column, other = text() or "c", "n"
    rows: list[dict[str, Any]] = [{column: text(), other: number} for number in range(4)]
    plot = Plot(text(), rows, case["plot"], x=column, y=other, by=column if case["plot"] == "line" else None,
                value=other if case["plot"] == "heatmap" else None, x_label=text(), y_label=text(), note=text())  # fmt: skip
    report = Report(
        title=text(),
        summary=text(),
        numbers=[Number(text(), text(), unit=text(), note=text()), Number(text(), 3.5, unit=text())],
        parts=[Text(text()), Table(text(), rows, note=text(), labels={column: text()}), plot],
    )
    result = _make_result(texts)
    facts = RunFacts(
        job=text(), run_id=text(), env=text(), code=text(), params=(ParameterFact(text(), text(), text()), ParameterFact(text(), [text(), {text(): text()}], text())),
        checks=(build_checked_table("t", [result], run_id=text()),), models=((text(), 3),), started=_TIME,
    )  # fmt: skip
    return [render_page(report, facts)]


def _make_result(texts: Iterator[str]) -> CheckResult:
    return CheckResult(
        table="t", expectation=next(texts), kwargs={"column": next(texts), next(texts): next(texts)}, observed=next(texts),
        samples=(next(texts), None, 3, [next(texts)]), unexpected=1, rows=2, place=Place(next(texts), 1), error=next(texts), severity=next(texts), over=next(texts),
    )  # fmt: skip


def _write_checks(texts: Iterator[str], folder: Path) -> list[str]:
    expectations = tuple(
        CheckedExpectation(result=_make_result(texts), notes=next(texts), details={next(texts): next(texts)})
        for _ in range(2)
    )
    facts = CheckpointFacts(
        table="shop.orders",
        run_id="run-1",
        time=_TIME,
        expectations=expectations,
        suite=next(texts),
        blocked=True,
        block_reason=next(texts),
    )
    docs = DataDocs(folder / "docs")
    page = docs.write(facts)
    return [file.read_text("utf-8") for file in (page, docs.index, docs.locate_table_list("shop.orders"))]


class _PageReader(HTMLParser):
    """Collects what is wrong with the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.policies: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.problems.append(f"element <{tag}>")
        for name, value in attrs:
            if (
                "fuzz" in name
                or name.startswith("on")
                or name in ("src", "srcset", "action", "formaction", "xlink:href", "srcdoc")
            ):
                self.problems.append(f"attribute {name}={value!r} of <{tag}>")
            if name == "href" and not re.fullmatch(r"#[\w-]+|(?![\w+.-]*:)(?!//)[\w./%~-]+", value or ""):
                self.problems.append(f"link to {value!r}")
            if name == "style" and re.search(r"fuzz|url\((?!#)|@|expression|\\", value or ""):
                self.problems.append(f"style {value!r}")
            if name == "http-equiv":
                self.policies.append(dict(attrs).get("content"))

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.problems.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.problems.append(f"instruction {data!r}")

    def unknown_decl(self, data: str) -> None:
        self.problems.append(f"declaration {data!r}")


def check_page(html: str) -> None:
    """Raise `Finding` where a page has an element, attribute, link or style that its template does not have."""
    reader = _PageReader()
    reader.feed(html)
    reader.close()
    if reader.policies != [_CONTENT_POLICY]:
        reader.problems.append(f"its content security policy is {reader.policies}")
    style = html.partition("<style>")[2].partition("</style>")[0]
    if "fuzz" in style:
        reader.problems.append("text of the data in its style")
    if bad := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", html):
        reader.problems.append(f"the character {bad[0]!r}")
    if str(7919 * 7907) in html:
        reader.problems.append("an evaluated expression")
    if reader.problems:
        raise Finding("; ".join(reader.problems[:5]))


SURFACE = Surface("pages", draw_case, prepare, seconds=5.0)
