"""Data Docs: a page for each table and run, a list for each table, and an index whose cost is constant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes.damaged_files import damage

from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.reports.check_docs import DataDocs


def result(**values: Any) -> CheckResult:
    place = Place("conf/checks/orders.yml", 4)
    return CheckResult(**{"table": "orders", "expectation": "expect_x", "place": place, **values})


QUARANTINED = result(
    expectation="expect_column_values_to_be_between", kwargs={"column": "amount", "max_value": 9}, policy="quarantine",
    rows=1200, unexpected=3, samples=(17.0, 18.0, "<script>alert(1)</script>", None),
)  # fmt: skip
WARNED = result(expectation="expect_column_max_to_be_between", policy="warn", observed="9999-12-31T23:59:59")
PASSED = result(expectation="expect_column_to_exist", kwargs={"column": "shop"}, success=True)
FAILED = result(policy="fail", rows=1200, unexpected=5, over="more than fail_over.rows 4")
RAISED = result(policy="fail", error="Unclosed character class near index 0")


def facts(*results: CheckResult, **values: Any) -> CheckpointFacts:
    defaults: dict[str, Any] = {
        "table": "orders", "run_id": "run-1", "time": datetime(2026, 11, 29, 20, 4, tzinfo=UTC),
        "suite": "conf/checks/orders.yml", "blocked": False, "rows": 1200, **values,
    }  # fmt: skip
    return CheckpointFacts(expectations=tuple(CheckedExpectation(result=one) for one in results), **defaults)


@pytest.mark.parametrize(
    ("checked", "verdict", "tone"),
    [
        (facts(PASSED), "published, all checks passed", "good"),
        (facts(QUARANTINED, PASSED, quarantined=3), "published, 3 rows quarantined", "warn"),
        (facts(QUARANTINED, WARNED, quarantined=1), "published, 1 row quarantined, 1 warning", "warn"),
        (facts(WARNED, WARNED), "published, 2 warnings", "warn"),
        (facts(FAILED, QUARANTINED, blocked=True), "failed, nothing was published", "bad"),
        (facts(FAILED, blocked=True, is_published=False), "failed", "bad"),
        (facts(PASSED, is_published=False), "checked, all checks passed", "good"),
        (
            facts(QUARANTINED, is_published=False, quarantined=3),
            "checked, 3 rows would be quarantined",
            "warn",
        ),
    ],
)
def test_the_verdict_says_what_happened_to_the_table(
    checked: CheckpointFacts, verdict: str, tone: str
) -> None:
    assert (checked.verdict, checked.tone) == (verdict, tone)


def test_a_page_shows_every_expectation_with_policy_samples_and_line(tmp_path: Path) -> None:
    checked = facts(
        QUARANTINED, WARNED, PASSED, RAISED, blocked=True, block_reason="too many rows (orders.yml:2)"
    )
    docs = DataDocs(tmp_path)
    text = docs.write(checked).read_text(encoding="utf-8")
    for words in (
        "failed, nothing was published", "too many rows (orders.yml:2)",
        "expect_column_values_to_be_between", "policy quarantine", "3 of 1,200 rows unexpected", "<code>17</code>",
        "observed 9999-12-31T23:59:59", "expect_column_to_exist",
        "could not be evaluated: Unclosed character class near index 0",
        "conf/checks/orders.yml:4", "2026-11-29 20:04 UTC", "run-1", "sparkops checks history orders",
    ):  # fmt: skip
        assert words in text, words
    assert "<script>" not in text, "values are escaped"
    assert "http" not in text.replace("http-equiv", ""), "a page needs no network"


def test_every_link_of_the_pages_leads_to_a_file(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    page = docs.write(facts(PASSED, table="shop.orders"))
    assert page == tmp_path / "validations" / "shop" / "orders" / "run-1" / "checkpoint" / "results.html"
    for file in (page, docs.index, docs.locate_table_list("shop.orders")):
        links = [part.split('"')[0] for part in file.read_text(encoding="utf-8").split('href="')[1:]]
        assert links
        for link in links:
            assert (file.parent / link).is_file(), (file, link)


def test_the_lists_show_every_run_once_and_ignore_an_incomplete_line(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    docs.write(facts(PASSED))
    manifest = tmp_path / "pages.jsonl"
    line = json.loads(manifest.read_text(encoding="utf-8"))
    old = {key: line[key] for key in ("table", "run", "path", "success", "time")}
    more = [
        json.dumps({**old, "run": f"old-{i}", "path": f"validations/t/old-{i}/checkpoint/results.html"})
        for i in range(700)
    ]
    manifest.write_text("\n".join([*more, '{"table": "t", "ru']) + "\n", encoding="utf-8")
    docs.write(facts(PASSED))
    docs.write(facts(QUARANTINED, quarantined=3))
    text = docs.index.read_text(encoding="utf-8")
    assert text.count("validations/orders/run-1/checkpoint/results.html") == 1
    assert "published, 3 rows quarantined" in text, "the newest page of a run counts"
    assert "old-699" in text
    assert "validations/t/old-0/" not in text, "only the newest pages are listed"


@pytest.mark.parametrize("kind", ["link", "pipe", "device", "folder"])
def test_a_manifest_that_is_no_file_is_named_and_the_page_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    folder, victim = tmp_path / "docs", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("data of another")
    if kind == "link":
        (folder / "pages.jsonl").symlink_to(victim)
    else:
        damage(folder / "pages.jsonl", kind)
    page = DataDocs(folder).write(facts(PASSED))
    assert "expect_column_to_exist" in page.read_text()
    assert f"{folder / 'pages.jsonl'}" in caplog.text
    assert victim.read_text() == "data of another"


@pytest.mark.parametrize("line", ['"path": [1]', '"path": 1', '"path": null', '"path": "a\\u0000b"'])
def test_an_entry_of_another_form_is_left_out(tmp_path: Path, line: str) -> None:
    entry = f'{{{line}, "table": "orders", "run": "r", "time": "t", "success": true}}'
    (tmp_path / "pages.jsonl").write_text(f"{entry}\n{'[' * 100_000}\n{'9' * 6000}\n")
    DataDocs(tmp_path).write(facts(PASSED))
    assert (tmp_path / "index.html").read_text().count("run-1") >= 1
