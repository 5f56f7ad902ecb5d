"""Quarantined rows are released exactly once, wherever a release is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.engine.operations.release import ReleaseRequest, release_rows
from sparkops.errors import ChecksFailed, InputError

pytestmark = pytest.mark.spark

JOB = """
    from pyspark.sql import DataFrame
    from sparkops import job

    @job
    def orders(raw: DataFrame) -> DataFrame:
        return raw
"""
TABLES = """
    checks: {docs: false}
    tables:
      raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT, shop STRING, amount DOUBLE"}
"""
CHECKS = """
    expectations:
      - expect_column_values_to_be_unique: {column: id}
      - expect_column_values_to_not_be_null: {column: shop}
      - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine}
"""
RAW = "id,shop,amount\n1,north,2.0\n2,south,-3.0\n3,north,-1.0\n3,south,-1.5\n"


class ProcessKilled(BaseException):
    """The end of a process."""


@pytest.fixture
def engine(make_project: Callable[..., Path], monkeypatch, spark: object) -> Iterator[Engine]:
    """Return a project as it is after a run that quarantined three rows."""
    root = make_project(
        {
            "jobs/orders.py": JOB,
            "conf/base/project.yml": TABLES,
            "conf/checks/orders.yml": CHECKS,
            "raw.csv": RAW,
        }
    )
    monkeypatch.chdir(root)
    write_table(root / "data" / "warehouse" / "orders", id=[1], shop=["north"], amount=[2.0])
    write_table(
        root / "data" / "warehouse" / "orders__quarantine",
        id=[2, 3, 3],
        shop=["south", "north", "south"],
        amount=[-3.0, -1.0, -1.5],
        _sparkops_reasons=[["expect_column_values_to_be_between(amount, min_value=0)"]] * 3,
        _sparkops_run=["20130704-1"] * 3,
    )
    with Engine(root) as engine:
        yield engine


def write_table(folder: Path, **columns: list[object]) -> None:
    folder.mkdir(parents=True)
    table = pa.table(columns)
    write_deltalake(str(folder), table.set_column(0, "id", table["id"].cast(pa.int32())))


def ids(engine: Engine) -> list[int]:
    tables = engine.container.tables
    return sorted(row["id"] for row in tables.read(tables.pin("orders")).collect())


def quarantined_ids(engine: Engine) -> list[int]:
    return sorted(row["id"] for row in engine.container.tables.summarize_quarantine("orders", rows=9).rows)


def test_repaired_rows_are_released_once_and_others_stay_with_their_reasons(engine) -> None:
    repair = ReleaseRequest(table="orders", repairs={"amount": "CASE id WHEN 2 THEN -amount ELSE amount END"})
    done = release_rows(engine.container, repair)
    assert (done.rows, done.version, done.still_failing) == (1, 1, 2)
    assert done.reasons == (("expect_column_values_to_be_between(amount, min_value=0)", 2),)
    assert (ids(engine), quarantined_ids(engine)) == ([1, 2], [3, 3])
    assert engine.history("orders")[0].run_id == done.release
    assert release_rows(engine.container, repair).rows == 0
    assert ids(engine) == [1, 2]


def test_a_release_interrupted_at_any_step_is_finished_by_the_next(engine) -> None:
    def stop_at(step: str) -> Callable[[str], None]:
        def stop(started: str) -> None:
            if started == step:
                raise ProcessKilled

        return stop

    def staged() -> list[str]:
        return [path.name for path in (engine.root / "data" / "warehouse" / "_staging").glob("*")]

    only = ReleaseRequest(table="orders", repairs={"amount": "if(id = 2, 3.5, amount)"})
    for step in ("check", "mark", "publish", "record"):
        with pytest.raises(ProcessKilled):
            release_rows(engine.container, only, on_step=stop_at(step))
        assert ids(engine) == ([1, 2] if step == "record" else [1])
        assert bool(staged()) == (step in ("publish", "record"))
    done = release_rows(engine.container, only)
    assert ([rows for _, rows in done.finished], done.rows, done.still_failing) == ([1], 0, 2)
    assert (ids(engine), quarantined_ids(engine), staged()) == ([1, 2], [3, 3], [])


def test_rows_of_a_release_whose_staged_files_are_gone_are_in_quarantine_again(engine) -> None:
    def lose(started: str) -> None:
        if started == "publish":
            rmtree(engine.root / "data" / "warehouse" / "_staging")
            raise ProcessKilled

    with pytest.raises(ProcessKilled):
        release_rows(
            engine.container,
            ReleaseRequest(table="orders", repairs={"amount": "if(id = 2, 3.5, amount)"}),
            on_step=lose,
        )
    assert quarantined_ids(engine) == [3, 3]
    done = release_rows(engine.container, ReleaseRequest(table="orders"))
    assert ([rows for _, rows in done.finished], done.rows, done.still_failing) == ([0], 0, 3)
    assert (ids(engine), quarantined_ids(engine)) == ([1], [2, 3, 3])


def test_rows_with_which_the_table_fails_its_checks_are_refused(
    engine,
) -> None:
    with pytest.raises(ChecksFailed, match="expect_column_values_to_be_unique") as refused:
        release_rows(engine.container, ReleaseRequest(table="orders", repairs={"amount": "abs(amount)"}))
    assert "nothing was released" in str(refused.value)
    assert (ids(engine), quarantined_ids(engine)) == ([1], [2, 3, 3])
    done = release_rows(
        engine.container,
        ReleaseRequest(table="orders", repairs={"amount": "1", "shop": "if(id = 2, shop, null)"}),
    )
    assert (done.rows, done.reasons) == (1, (("expect_column_values_to_not_be_null(shop)", 2),))


def test_discarded_rows_are_neither_in_quarantine_nor_released(engine, capsys) -> None:
    assert run_command(["quarantine", "release", "orders", "--discard", "--yes"]) == 0
    assert "orders: 3 rows discarded (discard-" in capsys.readouterr().out
    assert (ids(engine), quarantined_ids(engine)) == ([1], [])
    assert {count.state for count in engine.container.tables.summarize_quarantine("orders").counts} == {
        "discarded"
    }


def test_a_repair_that_is_not_an_expression_on_one_row_is_bad_input(engine) -> None:
    for repair, message in {
        "1 +": "amount=1 +",
        "nothing_there * 2": "There is no column `nothing_there`",
        "max(amount)": "amount=max(amount)",
        "explode(array(1, 2))": "`explode` is not one of the functions that may be used",
        "java_method('java.lang.System', 'getenv', 'HOME')": "`java_method` is not one of the functions",
        "*": "amount=*",
    }.items():
        with pytest.raises(InputError) as refused:
            release_rows(engine.container, ReleaseRequest(table="orders", repairs={"amount": repair}))
        assert message in str(refused.value)
    assert quarantined_ids(engine) == [2, 3, 3]


@pytest.mark.slow
def test_a_flow_does_not_undo_a_release_and_the_command_warns_of_the_job_that_would(engine, capsys) -> None:
    engine.run("orders")
    run = engine.runs.load("last").id
    words = [
        "quarantine",
        "release",
        "orders",
        "--run",
        run,
        "--set",
        "amount=if(id = 2, 3, amount)",
        "--yes",
    ]
    assert run_command(words) == 0
    out = capsys.readouterr().out
    assert "orders version 2: 1 row released (release-" in out
    assert "Job `orders` writes orders by `overwrite`: its next run writes those rows again" in out
    assert [step.state for step in engine.flow(["orders"])] == ["fresh"]
    summary = engine.container.tables.summarize_quarantine("orders")
    assert (summary.row_count, sum(count.rows for count in summary.counts)) == (2, 3)
