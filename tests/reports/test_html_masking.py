"""Secrets in pages: texts are masked, the markup is not."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.pipeline.reports.report import Number, Plot, Report, Table
from sparkops.reports import ParameterFact, RunFacts, mask_html, render_page

# Values that an environment may hold and that are words of the markup, of styles or of drawings.
MARKUP = [
    "main",
    "class",
    "style",
    "section",
    "html",
    "table",
    "none",
    "path",
    "aria-label",
    "var(",
    "0.5",
    "quot",
    "#39;",
]


class PageParser(HTMLParser):
    """Collects tags with their markup, and the texts and labels that hold data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name: value or "" for name, value in attrs if name in ("aria-label", "href", "title", "alt")}
        self.tags.append((tag, {name: value for name, value in attrs if name not in data}))
        self.texts.extend(value for value in data.values() if not value.startswith("#"))

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] != "style":
            self.texts.append(data)


def make_page(text: str) -> str:
    rows = [{"name": text, "n": 1.5}, {"name": "other", "n": 2.5}]
    parts = [Table(text, rows), Plot(text, rows, "bar", x="name", y="n")]
    report = Report(title=f"About {text}", numbers=[Number(text, 3)], parts=parts)
    return render_page(report, RunFacts(job="j", run_id="r", params=(ParameterFact("p", text, "flag"),)))


@pytest.mark.parametrize("secret", MARKUP)
def test_a_secret_that_is_a_word_of_the_markup_spoils_no_tag(secret: str) -> None:
    page = make_page(f"it is {secret}, they say")
    before, after = PageParser(page), PageParser(mask_html(page, [secret]))
    assert after.tags == before.tags
    assert not [text for text in after.texts if f"it is {secret}" in text]
    assert [text for text in after.texts if "it is ***" in text]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=4, max_size=12),
    st.sampled_from(
        ["<p>{}</p>", '<a href="x/{}">x</a>', '<p aria-label="a {} b">x</p>', "<b>x</b>({})", "<p>{}"]
    ),
)
def test_every_secret_is_replaced_in_texts_and_labels(secret: str, template: str) -> None:
    page = mask_html(template.format(escape(secret)), [secret])
    parser = PageParser(page)
    assert not [text for text in parser.texts if secret in text]
    assert [tag for tag, _ in parser.tags] == [tag for tag, _ in PageParser(template).tags]
    assert "***" in page


def test_what_holds_no_secret_is_unchanged() -> None:
    page = make_page("a < b & \"c\" 'd' &amp; é")
    assert mask_html(page, ["hunter22"]) == page
    assert mask_html(page, []) == page


def test_a_fragment_of_a_link_and_the_style_of_the_page_are_markup() -> None:
    page = '<style>.main{color:red}</style><a href="#main">to main</a><a href="main.html">x</a>'
    assert mask_html(page, ["main"]) == (
        '<style>.main{color:red}</style><a href="#main">to ***</a><a href="***.html">x</a>'
    )


@pytest.mark.parametrize("name", ["id", "data-key", "data-of-row", "href", "value", "title", "alt"])
def test_every_attribute_that_may_hold_data_is_masked(name: str) -> None:
    for before in ("", "#", "a "):
        assert (
            mask_html(f'<a {name}="{before}hunter2-x">x</a>', ["hunter2-x"])
            == f'<a {name}="{before}***">x</a>'
        )


def test_a_number_that_is_a_secret_is_in_no_part_of_a_page() -> None:
    rows = [{"name": "a", "n": 98765432, "x": 98765432.0}, {"name": "b", "n": 5, "x": 2.5}]
    parts = [Table("t", rows), Plot("p", rows, "bar", x="name", y="n"), Plot("q", rows, "line", x="n", y="x")]
    report = Report(title="r", numbers=[Number("n", 98765432), Number("x", 98765432.0)], parts=parts)
    page = render_page(
        report, RunFacts(job="j", run_id="r", params=(ParameterFact("p", "98765432", "flag"),))
    )
    assert "98,765,432" in page
    masked = mask_html(page, ["98765432"])
    assert "98,765,432" not in masked
    assert "98765432" not in masked
    assert PageParser(masked).tags == PageParser(page).tags
