"""Report pages show the facts of a run's record and the check results of its input tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from sparkops.engine.adapters.reports import ReportPages, collect_run_facts
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.reports.report import Report, Text
from sparkops.pipeline.table import Pin
from sparkops.reports import ParameterFact
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.store import RunStore


def test_the_page_shows_failing_samples_with_a_link_to_data_docs(tmp_path) -> None:
    store, docs, reports = RunStore(tmp_path / "runs"), tmp_path / "state" / "docs", tmp_path / "reports"
    check = CheckResult(
        table="t", expectation="expect_x", policy="quarantine", rows=9, unexpected=1, samples=(17.0,)
    )
    attempt = store.begin("r1", "clean")
    attempt.append("checked", checks=[asdict(check)])
    attempt.append(
        "published",
        outputs={
            "t": {"version": 3, "rows": 8, "identity": "i"},
            "t__quarantine": {"version": 0, "rows": 1, "identity": "q"},
        },
        inputs={"raw": {"version": None, "identity": "0123456789abcdef"}},
    )
    page = docs / "validations" / "t" / "r1" / "checkpoint" / "results.html"
    page.parent.mkdir(parents=True)
    page.write_text("docs")
    pin = Pin(table="t", kind="delta", location="t", version=3, identity="i", schema_hash="h", time=utc_now())
    run = Run(id="r2", job="report", inputs={"t": asdict(pin)})
    page_name = ReportPages(reports, store, docs=docs).write(Report(title="T", parts=[Text("x")]), run)
    html = (reports / page_name).read_text()
    assert "1 of 9 rows unexpected; for example 17" in html
    assert "1 row quarantined" in html
    # The picture shows the run that published the table, its checks and what it read.
    assert "<title>clean, r1, 1 of 1 check failed</title>" in html
    assert "<title>raw, files 0123456789ab</title>" in html
    assert "<li>Job report, r2 made this page from 1 input: t version 3.</li>" in html
    assert "<li>Job clean, r1 made t version 3 (1 of 1 check failed) from 1 input: source raw.</li>" in html
    assert '<a href="../state/docs/validations/t/r1/checkpoint/results.html">Data Docs</a>' in html
    page.unlink()
    page_name = ReportPages(reports, store, docs=docs).write(Report(title="T", parts=[Text("x")]), run)
    assert "Data Docs" not in (reports / page_name).read_text()


def test_facts_are_read_from_the_json_of_a_record() -> None:
    pin = Pin(
        table="flights", kind="delta", location="data/flights", version=3, identity="i", schema_hash="s",
        time=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    run = Run(
        id="r1", job="delay_report", env="local", params={"month": 7}, origins={"month": "command line"},
        inputs=json.loads(json.dumps({"flights": asdict(pin)}, default=str)), models={"late": 2},
        code={"git": "3f2c1ab8d0aa", "dirty": "99"}, started=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    facts = collect_run_facts(run, [])
    assert facts.inputs == (pin,)
    assert facts.params == (ParameterFact("month", 7, "command line"),)
    assert facts.code == "3f2c1ab8d0 with uncommitted changes"
    assert facts.models == (("late", 2),)
