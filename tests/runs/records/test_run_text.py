"""A run as Python and notebooks show it: short, and escaped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sparkops.runs.records.run import Run

START = datetime(2024, 3, 2, tzinfo=UTC)
DONE = Run(
    id="20240302-000000-a",
    job="sales",
    state="done",
    started=START,
    ended=START + timedelta(seconds=2.06),
    params={"day": "2024-03-02", "shop": None, "note": "<b>&"},
    outputs={"sales": {"version": 3, "rows": 1234}, "sales__quarantine": {"version": 0, "rows": 1}},
)


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (
            DONE,
            "Run(sales, done, 20240302-000000-a, sales@3 (1,234 rows), sales__quarantine@0 (1 row), 2.1 s)",
        ),
        (Run(id="r1", job="sales"), "Run(sales, running, r1)"),
        (Run(id="r1", job="m", registered={"name": "late", "version": 2}), "Run(m, running, r1, late@2)"),
        (Run(id="r1", job="page", report="reports/r1.html"), "Run(page, running, r1, reports/r1.html)"),
    ],
)
def test_a_run_is_one_line(run: Run, text: str) -> None:
    assert repr(run) == str(run) == text


def test_a_notebook_shows_a_table_in_which_every_text_is_escaped() -> None:
    page = DONE._repr_html_()
    assert page.startswith("<table><caption>sales</caption>")
    assert "day = 2024-03-02, note = &lt;b&gt;&amp;" in page
    assert "<b>" not in page
    failed = Run(id="r1", job="<i>", state="failed", error={"kind": "JobFailed", "message": "1 < 2"})
    assert "<i>" not in failed._repr_html_()
    assert "1 &lt; 2" in failed._repr_html_()
