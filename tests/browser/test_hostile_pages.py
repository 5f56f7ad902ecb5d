"""Pages with hostile data, in a real browser: no script runs, nothing is loaded, and the data is shown as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import Browser, OpenedPage, find_program, start_browser

from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.pipeline.reports.report import PLOT_KINDS, Number, Plot, Report, Table, Text
from sparkops.pipeline.table import Pin
from sparkops.reports import (
    Origin,
    PageLineage,
    ParameterFact,
    RunFacts,
    build_checked_table,
    render_page,
    write_page,
)
from sparkops.reports.check_docs import DataDocs
from sparkops.runs.records.run import Run

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(find_program() is None, reason="Chromium is not installed: apt-get install chromium"),
]

RUN = "window.marker=1;alert(1)"
TEXTS = {
    "script": f"<script>{RUN}</script>",
    "handler": f'"><img src=x onerror="{RUN}">',
    "single quotes": f"'><img src=x onerror='{RUN}'>",
    "attribute": f'" autofocus tabindex=0 onfocus="{RUN}" x="',
    "link": f"javascript:{RUN}",
    "element of a link": f'<a href="javascript:{RUN}" id=hostile>x</a>',
    "end of the style": f"</style><script>{RUN}</script>",
    "end of the title": f"</title><script>{RUN}</script>",
    "end of a drawing": f"</text></svg><script>{RUN}</script>",
    "drawing": f"<svg onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s>",
    "comment": f"--><script>{RUN}</script><!--",
    "character data": f"]]><script>{RUN}</script><![CDATA[",
    "frame": f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "object": f"<object data='data:text/html,<script>{RUN}</script>'></object>",
    "base": "<base href=http://192.0.2.1/><link rel=stylesheet href=http://192.0.2.1/x.css>",
    "refresh": "<meta http-equiv=refresh content='0;url=http://192.0.2.1/'>",
    "image": "<img src=http://192.0.2.1/x.png>",
    "style": "}body{background:url(http://192.0.2.1/x.png)}",
    "style attribute": '" style="background:url(http://192.0.2.1/x.png)',
    "form": f"<form action=javascript:{RUN}><input type=submit autofocus onfocus={RUN}>",
    "template": "{{7919*7907}} ${7919*7907} {% raw %} {{config}}",
    "entities": f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script>{RUN}&#60;/script>",
    "direction": "\u202egnp.exe \u2066x\u2069 \u200f",
    "control characters": f"a\x00b\x1b[31m\x08\x7f\x85<\x00script>{RUN}</script>",
    "half of a surrogate pair": f"\ud800<script>{RUN}</script>",
    "seven bits": f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    "unclosed": f"<script>{RUN}<!--",
}  # fmt: skip
# Texts of the parts of a page that it has once, such as its title.
HEADS = ("end of the title", "unclosed", "handler")
# Texts that are shown as they are, but for white space: nothing in them is a control character.
SHOWN = {name: " ".join(text.split()) for name, text in TEXTS.items() if text.isprintable()}
TIME = datetime(2026, 11, 30, tzinfo=UTC)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# What the browser says about a page; each must be as `OPENED` says.
EXPRESSIONS = {
    "the marker": "typeof window.marker",
    "elements that run or load": "document.querySelectorAll('script,img,iframe,object,embed,base,link,form,input,audio,video,animate').length",
    "handlers": "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith('on')).length",
    "links elsewhere": "[...document.querySelectorAll('[href]')].filter(e => !['file:'].includes(new URL(e.getAttribute('href'), location).protocol)).length",
    "text": "document.body.textContent",
    "policies": "[...document.querySelectorAll('meta[http-equiv]')].map(e => e.httpEquiv + ': ' + e.content).join()",
    "focus": "document.querySelectorAll('a,[tabindex]').forEach(e => e.focus())",
    "marker after focus": "typeof window.marker",
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


def make_result(text: str, **values: Any) -> CheckResult:
    return CheckResult(
        table="shop.orders", expectation=text, kwargs={"column": text, text: [text, {text: text}]}, observed=text,
        samples=(text, None), unexpected=1, rows=2, place=Place(text, 1), severity=text, over=text, **values,
    )  # fmt: skip


def make_parts(text: str, kind: Any) -> list[Text | Table | Plot]:
    rows = [{text: f"{text} {number}", "n": number} for number in range(3)]
    plot = Plot(text, rows, kind, x=text, y="n", by=text if kind in ("line", "scatter") else None,
                value="n" if kind == "heatmap" else None, x_label=text, y_label=text, note=text)  # fmt: skip
    return [Text(text), Table(text, rows, note=text, labels={text: text}), plot]


def make_origins(head: str) -> PageLineage:
    texts = list(TEXTS.values())
    inputs = [
        Origin(id=text, kind="table", title=text, notes=(text,), result=text, tone="bad") for text in texts
    ]
    run = Origin(id="run", kind="run", title=head, notes=(head,))
    return PageLineage(origins=(run, *inputs), edges=tuple((text, "run") for text in texts))


def write_report(head: str, folder: Path) -> Path:
    """Write a page whose title, job and summary are one text, and whose parts, parameters and checks are all of them."""
    numbers = [Number(text, text, unit=text, note=text) for text in TEXTS.values()]
    parts = [
        part
        for text, kind in zip(TEXTS.values(), cycle(PLOT_KINDS), strict=False)
        for part in make_parts(text, kind)
    ]
    report = Report(
        title=head, summary=f"{head}\n\n{head}", numbers=[*numbers, Number(head, 3.5, unit=head)], parts=parts
    )
    pins = tuple(
        Pin(table=text, kind="delta", location=text, version=12, identity="i", schema_hash="s", time=TIME)
        for text in TEXTS.values()
    )
    facts = RunFacts(
        job=head, run_id=head, env=head, code=head, started=TIME, models=tuple((text, 3) for text in TEXTS.values()), inputs=pins,
        params=tuple(ParameterFact(text, value, text) for text in TEXTS.values() for value in (text, {text: [text]})),
        checks=(build_checked_table("shop.orders", map(make_result, TEXTS.values()), run_id=head),),
        origins=make_origins(head),
    )  # fmt: skip
    return write_page(render_page(report, facts), folder, "report")


def write_checks(head: str, folder: Path) -> list[Path]:
    expectations = tuple(
        CheckedExpectation(result=make_result(text, **values), notes=text, details={text: text})
        for text in TEXTS.values()
        for values in ({}, {"error": text}, {"success": True})
    )
    facts = CheckpointFacts(
        table="shop.orders", run_id="run-1", time=TIME, expectations=expectations, suite=head, blocked=True, block_reason=head,
    )  # fmt: skip
    docs = DataDocs(folder)
    page = docs.write(facts)
    # Another process may have written anything to the list of pages.
    entry = json.loads((folder / "pages.jsonl").read_text("utf-8"))
    hostile = [
        {
            **entry,
            "table": table,
            "run": text,
            "path": f"{table}/{text}/x.html",
            "verdict": text,
            "tone": text,
            "time": text,
        }
        for text in TEXTS.values()
        for table in ("shop.orders", text)
    ]
    (folder / "pages.jsonl").write_text(
        "".join(json.dumps(item) + "\n" for item in [*hostile, entry]), "utf-8"
    )
    docs.write(facts)
    return [page, docs.index, docs.locate_table_list("shop.orders")]


def make_notebook_page(text: str) -> str:
    """Return what a notebook shows for a run, in a page as a notebook has it: without a policy."""
    run = Run(
        id=text, job=text, params={text: text}, report=text, error={"kind": text, "message": text},
        outputs={text: {"version": text, "rows": 3}}, registered={"name": text, "version": text},
    )  # fmt: skip
    return f"<!doctype html><meta charset=utf-8><body>{run._repr_html_()}"


def check(opened: OpenedPage, page: Path, *, has_policy: bool = True) -> str:
    """Check what a page did, and return its text."""
    values = dict(zip(EXPRESSIONS, opened.values, strict=True))
    assert opened.dialogs == []
    assert opened.requests == [page.as_uri()]
    assert opened.exceptions == []
    assert (values["the marker"], values["marker after focus"]) == ("undefined", "undefined")
    assert values["elements that run or load"] == 0
    assert values["handlers"] == 0
    assert values["links elsewhere"] == 0
    assert values["policies"] == (f"Content-Security-Policy: {POLICY}" if has_policy else "")
    assert str(7919 * 7907) not in values["text"]
    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", values["text"]
    )
    return str(values["text"])


def without_policy(page: Path) -> Path:
    """Return a copy of a page without its policy: the escaping alone must suffice."""
    html = page.read_text("utf-8")
    copy = page.with_name(f"without-policy-{page.name}")
    copy.write_text(html.replace(POLICY, "").replace('http-equiv="Content-Security-Policy"', ""), "utf-8")
    return copy


def find_missing_texts(browser: Browser, page: Path, *, has_policy: bool = True) -> list[str]:
    """Check what a page does; return the names of the texts that it does not show."""
    text = check(browser.open(page, list(EXPRESSIONS.values())), page, has_policy=has_policy)
    return [name for name, shown in SHOWN.items() if shown not in " ".join(text.split())]


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize("name", HEADS)
def test_no_script_of_the_data_runs_on_a_report_page(browser: Browser, tmp_path: Path, name: str) -> None:
    page = write_report(TEXTS[name], tmp_path)
    assert find_missing_texts(browser, page) == []
    assert find_missing_texts(browser, without_policy(page), has_policy=False) == []


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize("name", HEADS)
def test_no_script_of_the_data_runs_on_the_pages_of_checks(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    for page in write_checks(TEXTS[name], tmp_path / "docs"):
        assert find_missing_texts(browser, page) == []
        assert find_missing_texts(browser, without_policy(page), has_policy=False) == []


def test_no_script_of_the_data_runs_where_a_notebook_shows_a_run(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "notebook.html"
    page.write_text("".join(map(make_notebook_page, TEXTS.values())), "utf-8")
    assert find_missing_texts(browser, page, has_policy=False) == []


def test_the_data_is_shown_as_it_is(browser: Browser, tmp_path: Path) -> None:
    page = write_report(TEXTS["script"], tmp_path)
    title, heading = browser.open(page, ["document.title", "document.querySelector('h1').textContent"]).values
    assert (title, heading) == (TEXTS["script"], TEXTS["script"])


def test_the_browser_of_this_test_sees_what_a_page_runs_and_loads(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><p>{TEXTS['handler']}{TEXTS['image']}<script>{RUN}</script>",
        "utf-8",
    )
    opened = browser.open(page, list(EXPRESSIONS.values()))
    assert "1" in opened.dialogs
    assert "http://192.0.2.1/x.png" in opened.requests
    values = dict(zip(EXPRESSIONS, opened.values, strict=True))
    assert values["the marker"] == "number"
    assert values["elements that run or load"] == 3
    assert values["handlers"] == 1
