"""A run as lines: how its models scored, and how many rows violate their rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkops.cli.display.run_lines import format_batches, format_run, format_training, summarize_outputs
from sparkops.runs.records.run import Run

BROKEN = {"rule": "expect_it(x)", "table": "t", "place": "conf/checks/t.yml:3", "rows": 1}
JUDGED = {"apply": "warn", "rules": 2, "rows": 4000, "broken": [BROKEN]}


def test_violated_rules_are_shown_below_their_model() -> None:
    run = Run(id="r1", job="score", models={"late": 3, "other": 1}, rules={"late": JUDGED})
    lines = list(format_run(run))
    start = lines.index("Models   late/3")
    assert lines[start + 1 : start + 4] == [
        "           4,000 rows scored with 2 rules (warn), 1 violated",
        "           1 row: expect_it(x), of t (conf/checks/t.yml:3)",
        "         other/1",
    ]


def test_the_newest_batches_are_shown_and_earlier_ones_counted() -> None:
    batch = {"version": 1, "rows": 2, "held": 1, "already": False, "broken": ["expect_x"]}
    run = Run(id="r1", job="stream", batches=tuple({**batch, "number": number} for number in range(12)))
    lines = list(format_batches(run))
    assert lines[0] == "2 before these: --json shows all"
    assert lines[1] == "2: version 1, 2 rows, 1 row quarantined, failed expect_x"
    assert len(lines) == 11
    long = replace(run, stream={"batches": 500, "rows": 1000, "held": 500})
    assert next(format_batches(long)) == "490 before these: --json shows the newest 12"
    assert summarize_outputs(long).startswith("published 500 batches")


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ({"outputs": {"t": {"version": 3, "rows": 1}}}, "published t@3 (1 row)"),
        ({"report": "reports/r.html"}, "wrote reports/r.html"),
        (
            {"registered": {"name": "late", "version": 2, "aliases": ["champion"]}},
            "registered late/2 @champion",
        ),
        ({"timings": {"stream": 1.0}}, "found nothing new"),
        ({}, "done"),
    ],
)
def test_the_outputs_of_a_run_are_summarized(values: dict[str, Any], summary: str) -> None:
    assert summarize_outputs(Run(id="r1", job="j", **values)) == summary


GATE = {"metric": "auc", "rule": "at least 0.7", "value": 0.65, "champion": None, "passed": False}


def test_a_training_run_shows_its_metrics_and_the_gates_that_failed() -> None:
    gates = [
        GATE,
        {**GATE, "metric": "rmse", "rule": "at most 9000", "value": 12345.6, "champion": 8000.5},
        {**GATE, "metric": "recall", "value": 0.9, "passed": True},
    ]
    run = Run(
        id="r1",
        job="train",
        metrics={"auc": 0.65, "rmse": 12345.6},
        registered={"name": "late", "version": 2, "aliases": [], "gates": gates, "compiled": False},
    )
    assert list(format_training(run)) == [
        "metrics: auc 0.65, rmse 12,345.6",
        "gate auc is 0.65, must be at least 0.7: FAILED",
        "gate rmse is 12,345.6, must be at most 9000, the champion's is 8,000.5: FAILED",
    ]
    assert "         gate recall is 0.9, must be at least 0.7: passed" in list(format_run(run))
    assert list(format_training(Run(id="r1", job="table"))) == []
