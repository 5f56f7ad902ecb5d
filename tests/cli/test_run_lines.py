"""A run as lines: how its models scored, and how many rows violate their rules."""

from __future__ import annotations

from sparkops.cli.display.run_lines import run_lines
from sparkops.runs.record import Run

BROKEN = {"rule": "expect_it(x)", "table": "t", "place": "conf/checks/t.yml:3", "rows": 1}
JUDGED = {"apply": "warn", "rules": 2, "rows": 4000, "broken": [BROKEN]}


def test_violated_rules_are_shown_below_their_model() -> None:
    run = Run(id="r1", job="score", models={"late": 3, "other": 1}, rules={"late": JUDGED})
    lines = list(run_lines(run))
    start = lines.index("Models   late/3")
    assert lines[start + 1 : start + 4] == [
        "           4,000 rows scored with 2 rules (warn), 1 violated",
        "           1 row: expect_it(x), of t (conf/checks/t.yml:3)",
        "         other/1",
    ]
