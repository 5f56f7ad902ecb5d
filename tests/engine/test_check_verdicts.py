"""What was checked is not checked again, by the command or by a run. Spark is not started."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.recorded_runs import commit

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.engine.operations import check
from sparkops.engine.operations.check import TableCheck
from sparkops.engine.operations.run_verdicts import save_run_verdicts
from sparkops.errors import DeclarationError, InputError
from sparkops.pipeline.job import Job
from sparkops.runs.records.run import Run
from sparkops.runs.records.verdicts import VersionVerdict

SUITE = "expectations:\n  - expect_column_values_to_not_be_null: {column: n}\n"
JOBS = """
from pyspark.sql import DataFrame
from sparkops import job

@job
def orders(raw: DataFrame) -> DataFrame:
    return raw

@job(mode="append")
def events(raw: DataFrame) -> DataFrame:
    return raw
"""
CHECK = {
    "table": "orders", "expectation": "expect_column_values_to_not_be_null", "kwargs": {"column": "n"},
    "policy": "fail", "success": True, "rows": 7,
}  # fmt: skip


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Engine:
    root = make_project(
        {"jobs/all.py": JOBS, "conf/checks/orders.yml": SUITE, "conf/checks/events.yml": SUITE}
    )
    for table in ("orders", "events"):
        commit(root / "data" / "warehouse" / table)
    return Engine(root)


def publish(engine: Engine, job: str, **changes: Any) -> Run:
    """Return the record of a run that published the present version of the job's table."""
    pin = engine.container.tables.pin(job)
    output = {"version": pin.version, "location": "x", "identity": pin.identity, "schema_hash": "", "rows": 7}
    suite = engine.container.suite_runner.hash_suite(job)
    run = Run(
        id="r1", job=job, state="done", outputs={job: output}, work={f"checks {job}": str(suite)},
        checks=({**CHECK, "table": job},),
    )  # fmt: skip
    return replace(run, **changes)


def find(engine: Engine, job: str, run: Run) -> VersionVerdict | None:
    declared: Job = engine.project.declared[job]
    save_run_verdicts(engine.container, declared, run)
    suite = engine.container.suite_runner.hash_suite(job) or ""
    return engine.container.build_run_context().verdicts.find(engine.container.tables.pin(job), suite)


def test_the_checks_of_a_run_hold_for_the_version_that_it_published(engine: Engine) -> None:
    verdict = find(engine, "orders", publish(engine, "orders"))
    assert verdict is not None
    assert (verdict.failed, verdict.run, verdict.summary) == (False, "r1", "1 check: 1 passed")


def test_a_check_that_warns_holds_too(engine: Engine) -> None:
    warned = {**CHECK, "success": False, "policy": "warn"}
    verdict = find(engine, "orders", publish(engine, "orders", checks=(warned,)))
    assert verdict is not None
    assert verdict.summary == "1 check: 0 passed, 1 warned"


@pytest.mark.parametrize(
    "expectation",
    [
        "expect_column_values_to_not_be_null: {column: n, row_condition: n < unix_timestamp()}",
        "unexpected_rows_expectation: {unexpected_rows_query: 'SELECT * FROM {batch} WHERE n IN (SELECT n FROM raw)'}",
    ],
)
def test_a_suite_that_depends_on_more_than_the_rows_is_computed_each_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, expectation: str
) -> None:
    verdict = find(engine, "orders", publish(engine, "orders"))
    assert verdict is not None
    (engine.root / "conf/checks/orders.yml").write_text(f"expectations:\n  - {expectation}\n")
    assert find(engine, "orders", publish(engine, "orders")) is None
    # A verdict of before, when such suites had some, is not found.
    pin, suite = engine.container.tables.pin("orders"), engine.container.suite_runner.hash_suite("orders")
    verdicts = engine.container.build_run_context().verdicts
    verdicts.save(pin, replace(verdict, suite=str(suite)))
    computed = TableCheck(table="orders", version=0, results=(), summary="computed", blocked=False, docs=None)
    monkeypatch.setattr(check, "_compute", lambda *_, **__: computed)
    assert engine.check("orders") == computed
    saved = verdicts.find(pin, str(suite))
    assert saved is not None
    assert saved.summary == "1 check: 1 passed"


def test_a_verdict_belongs_to_the_settings_by_which_spark_computes_values(engine: Engine) -> None:
    pin, suite = (
        engine.container.tables.pin("orders"),
        engine.container.suite_runner.hash_suite("orders") or "",
    )
    assert find(engine, "orders", publish(engine, "orders")) is not None
    has_verdict = {}
    for conf in ("session.timeZone=Asia/Tokyo", "ansi.enabled=false", "shuffle.partitions=3"):
        other = Engine(engine.root, overrides=[f"spark.conf.spark.sql.{conf}"])
        has_verdict[conf] = other.container.build_run_context().verdicts.find(pin, suite) is not None
    assert list(has_verdict.values()) == [False, False, True]


@pytest.mark.parametrize(
    ("job", "changes"),
    [
        ("events", {}),
        ("orders", {"checks": ({**CHECK, "success": False, "policy": "quarantine"},)}),
        ("orders", {"checks": ()}),
        ("orders", {"work": {}}),
        ("orders", {"work": {"checks orders": "another suite"}}),
        ("orders", {"outputs": {}}),
    ],
)
def test_a_run_whose_checks_are_not_those_of_the_version_says_nothing_about_it(
    engine: Engine, job: str, changes: dict[str, Any]
) -> None:
    assert find(engine, job, publish(engine, job, **changes)) is None


def test_a_checked_version_is_not_checked_again_and_a_new_one_is(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    find(engine, "orders", publish(engine, "orders"))
    project = ["--project", str(engine.root)]
    assert run_command(["check", "orders", *project]) == 0
    output = capsys.readouterr().out
    assert "orders version 0: 1 check: 1 passed" in output
    assert "Checked by r1 at " in output
    assert "; --again checks it again." in output
    assert run_command(["check", "orders", "--json", *project]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["expectation"], result["rows"], result["success"]) == (CHECK["expectation"], 7, True)


def test_a_version_that_failed_has_the_same_exit_code_again(engine: Engine) -> None:
    verdict = find(engine, "orders", publish(engine, "orders"))
    assert verdict is not None
    pin = engine.container.tables.pin("orders")
    engine.container.build_run_context().verdicts.save(pin, replace(verdict, failed=True))
    assert engine.check("orders").blocked
    assert run_command(["check", "orders", "--project", str(engine.root)]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "checked_inputs='sales'",
            "checked_inputs= names 'sales', which the job does not read: it reads `raw`",
        ),
        ("stream='raw', checked_inputs=True, mode='append'", "names the stream `raw`"),
    ],
)
def test_inputs_that_cannot_be_checked_are_refused(
    make_project: Callable[..., Path], options: str, message: str
) -> None:
    root = make_project({"jobs/all.py": JOBS.replace("@job\n", f"@job({options})\n")}, name="other")
    with pytest.raises(DeclarationError, match=message):
        Engine(root).project.declared.find("orders")


def test_an_input_without_checks_is_refused_before_spark_starts(engine: Engine) -> None:
    (engine.root / "jobs/all.py").write_text(JOBS.replace("@job\n", "@job(checked_inputs=True)\n"))
    commit(engine.root / "data" / "warehouse" / "raw")
    with pytest.raises(InputError, match=r"requires that table `raw` is checked, and it has no checks"):
        engine.run("orders")
    assert engine.runs.list_ids() == []


@pytest.mark.parametrize("options", ["checked_inputs=True", "checked_inputs='raw'", "checked_inputs=['raw']"])
def test_inputs_are_declared_by_name_or_all(make_project: Callable[..., Path], options: str) -> None:
    root = make_project({"jobs/all.py": JOBS.replace("@job\n", f"@job({options})\n")}, name="other")
    assert Engine(root).project.declared["orders"].checked_inputs == ("raw",)
