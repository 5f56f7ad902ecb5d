"""Pages: self-contained, safe with hostile text, deterministic, accessible."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from sparkops.core.place import Place
from sparkops.errors import DeclarationError
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.reports.report import Number, Plot, Report, Table, Text
from sparkops.pipeline.table import Pin
from sparkops.reports import ParameterFact, RunFacts, build_checked_table, render_page

HOSTILE = "</svg><script>alert('x')</script> & \"$\\alpha$\" <img src=x onerror=alert(1)> \x00\ud800"
VOID = {"meta", "br", "img", "input", "link", "hr"}


class PageParser(HTMLParser):
    """Collects the tags of a page, their nesting, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def facts(**more: object) -> RunFacts:
    return RunFacts(**{"job": "delay_report", "run_id": "20261121-ab12cd", **more})


def rows(word: str = "EWR") -> list[dict[str, object]]:
    return [
        {
            "origin": name,
            "hour": hour,
            "delay": hour * 1.5 - step * 9,
            "day": datetime(2013, 7, hour, tzinfo=UTC),
        }
        for step, name in enumerate((word, "JFK"))
        for hour in range(5, 12)
    ]


def every_plot(word: str = "EWR") -> list[Plot]:
    data = rows(word)
    single = [row for row in data if row["origin"] == "JFK"]
    return [
        Plot(f"Bars {word}", data, "bar", x="hour", y="delay", by="origin", x_label=word, y_label=word),
        Plot("Horizontal bars", single, "barh", x="hour", y="delay"),
        Plot("Lines", data, "line", x="day", y="delay", by="origin"),
        Plot("Points", data, "scatter", x="hour", y="delay", by="origin"),
        Plot("Heat", data, "heatmap", x="hour", y="origin", value="delay"),
    ]


def full(word: str = "EWR") -> Report:
    return Report(
        title=f"Delays {word}",
        summary=f"One paragraph.\n\nAnother, {word}.",
        numbers=[Number("Flights", 336776), Number(word, word, unit=word, note=word)],
        parts=[
            Text(word),
            Table(f"Rows {word}", rows(word), note=word, labels={"hour": word}),
            *every_plot(word),
        ],
    )


@pytest.fixture(scope="module")
def html() -> str:
    """One page with every kind of part."""
    return render_page(full(), facts())


def test_a_page_has_no_script_and_loads_nothing(html: str) -> None:
    page = PageParser(html)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "image"}
    for _, attrs in page.tags:
        assert not {"src", "srcset", "xlink:href"} & set(attrs)
        assert (attrs.get("href") or "#").startswith("#")
    assert "://" not in html
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_every_tag_of_a_page_is_closed_in_order(html: str) -> None:
    assert PageParser(html).open == []


def test_hostile_text_anywhere_in_a_report_stays_text() -> None:
    result = CheckResult(
        table="t", expectation=HOSTILE, kwargs={"column": HOSTILE, HOSTILE: HOSTILE}, observed=HOSTILE,
        samples=(HOSTILE,), unexpected=1, rows=2, place=Place(HOSTILE, 1),
    )  # fmt: skip
    run_facts = facts(
        params=(ParameterFact(HOSTILE, HOSTILE, HOSTILE),), code=HOSTILE, env=HOSTILE,
        checks=(build_checked_table("t", [result], run_id=HOSTILE),), models=((HOSTILE, 3),),
    )  # fmt: skip
    html = render_page(full(HOSTILE), run_facts)
    page = PageParser(html)
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "\x00" not in html
    html.encode("utf-8")


def test_a_dollar_sign_in_a_plot_starts_no_formula() -> None:
    plot = Plot("Fares", [{"fare": "$5 to $10", "n": 3}], "bar", x="fare", y="n", x_label="fare in $ or $")
    svg = render_page(Report(title="t", parts=[plot]), facts()).partition("<svg")[2]
    assert ">$5 to $10</text>" in svg
    assert "fare in $ or $</text>" in svg


def test_rendering_is_deterministic(html: str) -> None:
    assert render_page(full(), facts()) == html


def test_pages_rendered_concurrently_equal_one_rendered_alone(html: str) -> None:
    pages: list[str] = []
    threads = [threading.Thread(target=lambda: pages.append(render_page(full(), facts()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pages == [html] * 2


def test_rendering_ignores_and_keeps_the_authors_matplotlib_settings(html: str) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "path", "font.size": 33.0}):
        before = dict(mpl.rcParams)
        rendered = render_page(full(), facts())
        assert dict(mpl.rcParams) == before
    assert rendered == html


def test_ids_are_unique_and_every_reference_has_its_target() -> None:
    page = PageParser(render_page(Report(title="t", parts=every_plot() * 2), facts()))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    linked = {str(attrs["href"])[1:] for _, attrs in page.tags if "href" in attrs}
    clip_paths = {
        target
        for _, attrs in page.tags
        for value in attrs.values()
        for target in re.findall(r"url\(#(.+?)\)", value or "")
    }
    assert len(ids) == len(set(ids))
    assert linked | clip_paths <= set(ids)


def test_an_empty_report_explains_what_is_missing() -> None:
    empty = Report(title="Nothing", parts=[Table("None", []), Plot("Void", [], "bar", x="a", y="b")])
    html = render_page(empty, facts())
    assert "there is nothing to list" in html
    assert "there is nothing to draw" in html
    assert "No checks are recorded" in html
    assert "<svg" not in html


def test_a_plot_without_numbers_explains_that_instead_of_drawing_empty_axes() -> None:
    html = render_page(
        Report(title="t", parts=[Plot("p", [{"a": "x", "b": None}], "bar", x="a", y="b")]), facts()
    )
    assert "no row has a number" in html
    assert "<svg" not in html


def test_a_long_table_is_truncated_at_the_reports_limit_with_a_note() -> None:
    many = [{"n": i} for i in range(60)]
    html = render_page(Report(title="t", parts=[Table("Many", many)], max_rows=50), facts())
    assert html.count("<tr>") == 51
    assert "The first 50 rows are shown; there are more." in html


def test_tables_have_header_scopes_and_can_be_scrolled_by_keyboard() -> None:
    page = PageParser(render_page(full(), facts(params=(ParameterFact("month", 7, "command line"),))))
    assert all(attrs.get("scope") in {"col", "row"} for attrs in page.all("th"))
    regions = [attrs for attrs in page.all("div") if attrs.get("role") == "region"]
    assert regions
    assert all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for attrs in regions)


def test_every_drawing_has_a_description_for_screen_readers(html: str) -> None:
    drawings = PageParser(html).all("svg")
    assert len(drawings) == 10
    assert all(attrs["role"] == "img" for attrs in drawings)
    assert {"Line chart: Lines. delay by day, split by origin; 14 values."} < {
        a["aria-label"] for a in drawings
    }


def test_the_page_shows_parameters_versions_checks_code_and_run() -> None:
    pin = Pin(
        table="flights", kind="delta", location="data/flights", version=12, identity="i", schema_hash="s",
        time=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    result = CheckResult(
        table="flights", expectation="expect_column_values_to_not_be_null", kwargs={"column": "carrier"},
        policy="quarantine", rows=1000, unexpected=12, samples=(None,), place=Place("conf/checks/flights.yml", 9),
    )  # fmt: skip
    html = render_page(
        full(),
        facts(
            params=(ParameterFact("month", 7, "conf/base/params.yml:12"),), inputs=(pin,), models=(("late", 4),),
            checks=(build_checked_table("flights", [result], version=12, quarantined=12, docs="../docs/f.html"),),
            code="3f2c1ab",
        ),
    )  # fmt: skip
    text = " ".join(" ".join(PageParser(html).texts).split())
    for fact in (
        "conf/base/params.yml:12", "version 12", "2026-11-21 09:30 UTC", "! quarantined", "12 of 1,000 rows",
        "12 rows quarantined", "conf/checks/flights.yml:9", "3f2c1ab", "20261121-ab12cd", "version 4",
    ):  # fmt: skip
        assert fact in text
    assert '<a href="../docs/f.html">Data Docs</a>' in html


def test_an_error_names_the_number_of_a_part_of_unknown_type() -> None:
    with pytest.raises(DeclarationError, match="part 2 is dict: give Text, Table or Plot"):
        Report(title="t", parts=[Text("a"), {"b": 1}])  # type: ignore[list-item]
