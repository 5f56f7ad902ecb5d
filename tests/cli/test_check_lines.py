"""Check results as lines."""

from __future__ import annotations

import io
from dataclasses import asdict

from sparkops.cli.display.check_lines import format_checks, summarize_checks
from sparkops.cli.display.progress import ProgressDisplay
from sparkops.pipeline.checks.check import CheckResult
from sparkops.runs.records.run import Run


def check(expectation: str = "expect_x", **facts: object) -> dict[str, object]:
    return asdict(CheckResult(**{"table": "t", "expectation": expectation, **facts}))


BROKEN = check(
    kwargs={"column": "a", "min_value": 1},
    policy="quarantine",
    rows=8255,
    unexpected=2100,
    samples=(0, None, 0, -1),
)
OTHERS = [
    check(success=True, observed=7),
    check("expect_mean", observed=3.5),
    check("expect_long", observed="x" * 99, policy="warn"),
    check("expect_gone", error="no such column"),
    check("expect_null", kwargs={"column": "b"}, rows=9, unexpected=3, samples=(None, None)),
]


def test_an_exceeded_threshold_follows_the_count() -> None:
    over = check("expect_null", rows=9, unexpected=3, over="more than fail_over.rows 2", samples=(7,))
    assert list(format_checks([over])) == [
        "FAIL t: expect_null()  3 of 9 rows, more than fail_over.rows 2, such as 7"
    ]


def test_each_line_shows_result_expectation_and_observation() -> None:
    lines = list(format_checks([BROKEN, *OTHERS]))
    assert lines == [
        "held t: expect_x(a, min_value=1)  2,100 of 8,255 rows, such as 0, -1",
        "ok   t: expect_x()",
        "FAIL t: expect_mean()             observed 3.5",
        f"warn t: expect_long()             observed {'x' * 59}…",
        "FAIL t: expect_gone()             not evaluated: no such column",
        "FAIL t: expect_null(b)            3 of 9 rows",
    ]
    assert summarize_checks([BROKEN, *OTHERS]) == "6 checks: 1 ok, 3 FAIL, 1 warn, 1 held"


def test_the_end_of_a_run_shows_a_summary_of_its_checks_and_those_that_failed() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.run_started("clean").finished(Run(id="r1", job="clean", checks=(OTHERS[0], BROKEN)))
    _, _, count, line = out.getvalue().splitlines()
    assert count == "  2 checks: 1 ok, 1 held"
    assert line == "    held t: expect_x(a, min_value=1)  2,100 of 8,255 rows, such as 0, -1"
