"""A report page shows the check results of the tables that its job read; no Spark."""

from __future__ import annotations

from dataclasses import asdict

from sparkops.engine.adapters.reports import ReportPages
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.report import Report, Text
from sparkops.pipeline.table import Pin
from sparkops.runs.record import Run, utc_now
from sparkops.runs.store import RunStore


def test_the_page_shows_failing_samples_with_a_link_to_data_docs(tmp_path) -> None:
    store, docs, reports = RunStore(tmp_path / "runs"), tmp_path / "state" / "docs", tmp_path / "reports"
    check = CheckResult(
        table="t", expectation="expect_x", policy="quarantine", rows=9, unexpected=1, samples=(17.0,)
    )
    attempt = store.begin("r1", "clean")
    attempt.append("checked", checks=[asdict(check)])
    attempt.append(
        "published", outputs={"t": {"version": 3, "rows": 8}, "t__quarantine": {"version": 0, "rows": 1}}
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
    assert '<a href="../state/docs/validations/t/r1/checkpoint/results.html">Data Docs</a>' in html
    page.unlink()
    page_name = ReportPages(reports, store, docs=docs).write(Report(title="T", parts=[Text("x")]), run)
    assert "Data Docs" not in (reports / page_name).read_text()
