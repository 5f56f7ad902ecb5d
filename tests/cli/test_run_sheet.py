"""The lines that tell a run: how its models scored, and what their rules found."""

from __future__ import annotations

from sparkops.cli.runs import sheet
from sparkops.runs.record import Run

BROKEN = {"rule": "expect_it(x)", "table": "t", "place": "conf/checks/t.yml:3", "rows": 1}
JUDGED = {"apply": "warn", "rules": 2, "rows": 4000, "broken": [BROKEN]}


def test_a_models_rules_are_told_below_it_with_the_rows_that_broke_them() -> None:
    run = Run(id="r1", job="score", models={"late": 3, "other": 1}, rules={"late": JUDGED})
    told = list(sheet(run))
    at = told.index("Models   late/3")
    assert told[at + 1 : at + 4] == [
        "           4,000 rows judged by 2 rules (warn), 1 broken",
        "           1 row: expect_it(x), of t (conf/checks/t.yml:3)",
        "         other/1",
    ]
