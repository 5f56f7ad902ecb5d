"""The commands `sparkops quarantine` and `sparkops checks`; no Spark."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sparkops.cli.display.expectation_history import draw_sparkline
from sparkops.cli.main import run_command
from sparkops.engine import Engine
from sparkops.engine.operations.expectation_history import group_by_expectation
from sparkops.pipeline.checks.check import CheckResult, RecordedCheck

JOB = """
    from pyspark.sql import DataFrame
    from sparkops import job

    @job
    def orders(raw: DataFrame) -> DataFrame:
        return raw
"""
SUITE = "expectations:\n  - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine}\n"


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a table of two columns, and one row of it in quarantine."""
    import pyarrow as pa
    from deltalake import write_deltalake

    root = make_project({"jobs/orders.py": JOB, "conf/checks/orders.yml": SUITE})
    rows = pa.table({"id": pa.array([1, 2], pa.int32()), "amount": [2.0, 3.0]})
    quarantined = {
        "id": pa.array([3], pa.int32()),
        "amount": [-1.0],
        "_sparkops_reasons": [["expect_column_values_to_be_between(amount, min_value=0)"]],
        "_sparkops_run": ["20130704-1"],
    }
    warehouse = root / "data" / "warehouse"
    (warehouse / "orders__quarantine").mkdir(parents=True)
    write_deltalake(str(warehouse / "orders"), rows)
    write_deltalake(str(warehouse / "orders__quarantine"), pa.table(quarantined))
    monkeypatch.chdir(root)
    return root


def keep(root: Path, unexpected: list[int]) -> None:
    history = Engine(root).container.check_history
    for number, broke in enumerate(unexpected):
        result = CheckResult(
            table="orders",
            expectation="expect_column_values_to_be_between",
            kwargs={"column": "amount", "min_value": 0},
            policy="quarantine",
            success=not broke,
            rows=100,
            unexpected=broke,
        )
        history.append([result], run_id=f"r{number}", job="orders", versions={"orders": number})


def test_rows_in_quarantine_are_counted_by_reason_and_shown(project, capsys) -> None:
    assert run_command(["quarantine", "show", "orders", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (count,) = shown["counts"]
    assert (count["run"], count["state"], count["rows"]) == ("20130704-1", "held", 1)
    (row,) = shown["rows"]
    assert (row["id"], row["amount"]) == (3, -1.0)
    assert run_command(["quarantine", "show", "orders"]) == 0
    assert "expect_column_values_to_be_between(amount, min_value=0)\theld" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "nothing"], "No table `nothing`"),
        (["show", "orders", "--run", "20130704-2"], "No run `20130704-2` in the quarantine of `orders`"),
        (["release", "orders", "--set", "amuont=1", "--yes"], "Did you mean `amount`?"),
        (["release", "orders", "--set", "amount", "--yes"], "takes COLUMN=EXPRESSION"),
        (["release", "orders", "--set", "amount=1", "--discard", "--yes"], "leave out --set, or --discard"),
        (["release", "orders"], "Pass --yes"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(project, capsys, words, message) -> None:
    assert run_command(["quarantine", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


def test_without_quarantined_rows_nothing_is_started(project, capsys) -> None:
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(str(project / "data" / "warehouse" / "other"), pa.table({"id": [1]}))
    assert run_command(["quarantine", "show", "other"]) == 0
    assert capsys.readouterr().out == "No rows of `other` were ever quarantined.\n"
    assert run_command(["quarantine", "release", "other", "--yes"]) == 2
    assert "nothing to release" in capsys.readouterr().err


def test_the_history_of_checks_shows_last_result_last_failure_and_a_plot(project, capsys) -> None:
    keep(project, [0, 50, 100, 1, 0])
    assert run_command(["checks", "history", "orders"]) == 0
    _, line = capsys.readouterr().out.splitlines()
    cells = line.split("\t")
    assert cells[:3] == ["expect_column_values_to_be_between(amount, min_value=0)", "ok", "r4"]
    assert cells[4:] == ["3", "5", "▁▅█▂▁", ".xxx."]
    assert run_command(["checks", "history", "orders", "--limit", "2", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["runs"], shown["failed"], shown["results"][0]["run"]) == (2, 1, "r3")


def test_a_history_that_is_empty_or_unknown_says_what_to_do(project, capsys) -> None:
    assert run_command(["checks", "history", "orders"]) == 0
    assert "`sparkops check orders`" in capsys.readouterr().out
    assert run_command(["checks", "history", "ordres"]) == 2
    assert "Did you mean `orders`?" in capsys.readouterr().err
    keep(project, [0])
    assert run_command(["checks", "history", "orders", "--expectation", "null"]) == 2
    assert "No expectation `null`" in capsys.readouterr().err
    assert run_command(["checks", "history", "orders", "--set", "checks.results=null"]) == 2
    assert "`checks.results` is null" in capsys.readouterr().err


def test_a_history_that_cannot_be_written_is_a_warning_and_no_error(project, caplog) -> None:
    (project / "data" / "warehouse" / "check_results").write_text("in the way")
    keep(project, [1])
    assert "the check results were not recorded" in caplog.text


def test_a_removed_expectation_comes_last() -> None:
    noon = datetime(2013, 7, 4, 12, tzinfo=UTC)

    def recorded(day: int, name: str) -> RecordedCheck:
        result = CheckResult(table="t", expectation=name, success=True)
        time = noon + timedelta(days=day)
        return RecordedCheck(time=time, run=f"r{day}", job="j", version=day, position=0, result=result)

    histories = group_by_expectation(
        [recorded(0, "removed"), recorded(0, "current"), recorded(1, "current")], runs=9
    )
    assert [
        (history.last.result.expectation, history.current, len(history.results)) for history in histories
    ] == [
        ("current", True, 2),
        ("removed", False, 1),
    ]


def test_a_plot_distinguishes_zero_small_values_and_missing_values() -> None:
    assert draw_sparkline([0.0, 0.001, 1.0, None]) == "▁▂█·"
    assert draw_sparkline([5.0, 5.0]) == "▂▂"
    assert draw_sparkline([]) == ""
