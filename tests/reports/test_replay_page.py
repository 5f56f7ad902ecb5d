"""The page of a replay: its verdict, the rows that differ with all their digits, and hostile text as text."""

from __future__ import annotations

from datetime import UTC, datetime

from sparkops.pipeline.reports.replay_verdict import (
    FactDifference,
    NondeterministicExpression,
    ReplayVerdict,
    RowDifference,
    RowExample,
    TableComparison,
    summarize,
    verdict_from_json,
    verdict_to_json,
)
from sparkops.reports import ParameterFact, RunFacts, render_replay_page
from sparkops.reports.page_difference import compare_pages, count_parts

HOSTILE = "<script>alert(1)</script>"
FACTS = RunFacts(
    job="sales",
    run_id="r1",
    started=datetime(2026, 1, 2, tzinfo=UTC),
    params=(ParameterFact("day", HOSTILE, "x"),),
)
TABLE = TableComparison(
    table="sales",
    version=3,
    compared="all rows of the version",
    rows=RowDifference(
        recorded=10,
        replayed=11,
        missing=1,
        added=2,
        columns=("v", HOSTILE),
        missing_examples=(RowExample({"k": 1, "v": 0.1234567890123}),),
        added_examples=(RowExample({"k": 1, "v": None, HOSTILE: HOSTILE}, 2),),
    ),
    schema=("column `x` int is only in the replay",),
    causes=(NondeterministicExpression("rand", ("v",), "random numbers"),),
)
DIFFERENT = ReplayVerdict(
    run="r2",
    original="r1",
    job="sales",
    tables=(TABLE,),
    facts=(FactDifference(section="checks", name="mean", recorded=HOSTILE, replayed=None),),
    compared=("2 check results",),
    notes=("The code differs.",),
    overrides={"day": HOSTILE},
)
IDENTICAL = ReplayVerdict(
    run="r2",
    original="r1",
    job="sales",
    tables=(
        TableComparison(table="sales", version=3, compared="x", rows=RowDifference(recorded=1, replayed=1)),
    ),
    compared=("2 check results",),
)


def test_a_verdict_survives_its_json_form() -> None:
    assert verdict_from_json(verdict_to_json(DIFFERENT)) == DIFFERENT
    assert verdict_to_json(IDENTICAL)["verdict"] == "identical"


def test_the_summary_says_what_is_identical_or_what_differs() -> None:
    assert summarize(IDENTICAL) == "identical: 1 row of `sales` version 3, 2 check results"
    assert summarize(DIFFERENT) == (
        "different: `sales` version 3: 1 row only in the run, 2 rows only in the replay, "
        "column `x` int is only in the replay; 1 of the checks differ"
    )


def test_the_page_shows_the_verdict_and_escapes_values() -> None:
    page = render_replay_page(DIFFERENT, FACTS)
    assert "✕ different" in page
    assert "0.1234567890123" in page
    assert "Likely cause: <code>rand</code> in v" in page
    assert "with overrides" in page
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_of_an_identical_replay_has_no_example_rows() -> None:
    page = render_replay_page(IDENTICAL, FACTS)
    assert "✓ identical" in page
    assert "Only in" not in page
    assert "Likely cause" not in page


def test_pages_of_reports_are_compared_part_by_part() -> None:
    page = (
        '<h1>Sales</h1><p class="lead">All</p><div class="number">\n<dt>Rows</dt><dd>10</dd></div>'
        '<section class="card">\n<h2>Days</h2><td>1</td></section><section class="card">\n<h2>Days</h2><svg a="1"/></section>'
        '<section class="facts"><h2>Provenance</h2>run r1</section>'
    )
    assert count_parts(page) == 5
    assert list(compare_pages(page, page.replace("run r1", "run r2"))) == []
    changed = page.replace("<dd>10<", "<dd>11<").replace('a="1"', 'a="2"')
    differences = {part.name: (part.recorded, part.replayed) for part in compare_pages(page, changed)}
    assert differences == {
        "Rows": ("Rows 10", "Rows 11"),
        "Days #2": ("another drawing of the same text", "the same text"),
    }
    [missing] = compare_pages(page, page.replace('<p class="lead">All</p>', ""))
    assert (missing.name, missing.replayed) == ("summary", None)
