"""Inputs that have to be checked: each version is checked once, and one that fails stops the run before it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeChecks, FakeTables

from sparkops.core.place import Place
from sparkops.errors import ChecksFailed, InputError
from sparkops.pipeline.job import Job
from sparkops.runs.execution.checked_inputs import CheckedInputs
from sparkops.runs.records.verdicts import VerdictStore

JOB = Job(
    name="total", function=print, doc="", place=Place("jobs/total.py", 3), kind="table", tables=("orders",),
    checked_inputs=("orders",),
)  # fmt: skip


class CountingChecks(FakeChecks):
    """Counts checkpoints."""

    count = 0

    def run_checkpoint(self, frame, *, table, run_id):
        self.count += 1
        return super().run_checkpoint(frame, table=table, run_id=run_id)


@pytest.fixture
def tables() -> FakeTables:
    return FakeTables({"orders": [[1, 2, 3]]})


@pytest.fixture
def checks() -> CountingChecks:
    return CountingChecks(rules={"orders": (lambda n: n > 0, "fail")})


def require(tables: FakeTables, checks: FakeChecks, tmp_path: Path, *, run: str = "r1") -> dict[str, Any]:
    inputs = CheckedInputs(
        job=JOB, run_id=run, checks=checks, reader=tables, verdicts=VerdictStore(tmp_path / "verdicts")
    )
    return inputs.require({"orders": tables.pin("orders")})


def test_a_version_is_checked_once(tables: FakeTables, checks: CountingChecks, tmp_path: Path) -> None:
    recorded = require(tables, checks, tmp_path)
    assert recorded == {"orders": {"version": 0, "suite": "'fail'", "run": "r1"}}
    assert require(tables, checks, tmp_path, run="r2") == recorded
    assert checks.count == 1
    tables.versions["orders"].append([4])
    assert require(tables, checks, tmp_path, run="r3")["orders"] == {
        "version": 1,
        "suite": "'fail'",
        "run": "r3",
    }
    assert checks.count == 2


def test_checks_that_depend_on_more_than_the_rows_are_computed_each_time(
    tables: FakeTables, checks: CountingChecks, tmp_path: Path
) -> None:
    require(tables, checks, tmp_path)
    checks.changing = ("orders",)
    # Neither found, though there is a verdict, nor saved.
    assert require(tables, checks, tmp_path, run="r2")["orders"] == {
        "version": 0,
        "suite": "'fail'",
        "run": "r2",
    }
    checks.changing = ()
    assert require(tables, checks, tmp_path, run="r3")["orders"]["run"] == "r1"
    assert checks.count == 2
    checks.changing, checks.rules["orders"] = ("orders",), (lambda n: n > 0, "warn")
    require(tables, checks, tmp_path, run="r4")
    assert len(list((tmp_path / "verdicts").iterdir())) == 1


def test_other_checks_are_computed(tables: FakeTables, checks: CountingChecks, tmp_path: Path) -> None:
    require(tables, checks, tmp_path)
    checks.rules["orders"] = (lambda n: n > 0, "warn")
    require(tables, checks, tmp_path)
    assert checks.count == 2


@pytest.mark.parametrize("policy", ["fail", "quarantine"])
def test_a_version_that_fails_is_refused_each_time_and_checked_once(
    tables: FakeTables, checks: CountingChecks, tmp_path: Path, policy: str
) -> None:
    tables.versions["orders"] = [[1], [1, -2]]
    checks.rules["orders"] = (lambda n: n > 0, policy)
    for run in ("r1", "r2"):
        with pytest.raises(ChecksFailed) as raised:
            require(tables, checks, tmp_path, run=run)
        assert str(raised.value) == (
            "Job `total` requires that table `orders` is checked, and version 1 fails expect_rule() (checked by r1). "
            "Nothing was computed. `sparkops check orders --at 1 --failing FILE` writes the rows to a file. Publish a "
            "repaired version of `orders`, or read another one with --at orders=VERSION."
        )
    assert checks.count == 1


def test_a_check_that_only_warns_is_no_failure(
    tables: FakeTables, checks: CountingChecks, tmp_path: Path
) -> None:
    tables.versions["orders"] = [[-1]]
    checks.rules["orders"] = (lambda n: n > 0, "warn")
    assert require(tables, checks, tmp_path)


def test_a_table_without_checks_is_refused(tables: FakeTables, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"has no checks \(jobs/total.py:3\)\. Write conf/checks/orders\.yml"
    ):
        require(tables, FakeChecks(), tmp_path)
