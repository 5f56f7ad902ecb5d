"""Complete runs through the engine, on real Delta tables with one shared Spark."""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from fakes.dbutils import DBUtils

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.errors import (
    BadData,
    ChecksFailed,
    ConfigError,
    InputError,
    JobFailed,
    ParamErrors,
    SchemaChanged,
    SparkopsError,
    UnknownName,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

ORDERS = """
    from typing import Literal
    from pyspark.sql import DataFrame, functions as F
    from sparkops import job

    @job
    def orders(raw: DataFrame, *, factor: int = 1, columns: Literal["same", "more"] = "same") -> DataFrame:
        more = {"extra": F.lit(1)} if columns == "more" else {}
        return raw.withColumn("amount", F.col("amount") * factor).withColumns(more)
"""
SALES = """
    from pyspark.sql import DataFrame, functions as F
    from sparkops import job

    @job(writes="sales", replace="shop")
    def sales(orders: DataFrame, *, shop: str) -> DataFrame:
        return orders.where(F.col("shop") == shop).groupBy("shop").agg(F.sum("amount").alias("amount"))
"""
TABLES = """
    tables:
      raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT, shop STRING, amount DOUBLE"}
"""
COUNTED = """
from pyspark.sql import DataFrame, functions as F
from sparkops import job

COUNTER = None

@job
def counted(raw: DataFrame) -> DataFrame:
    def seen(x):
        COUNTER.add(1)
        return x

    return raw.withColumn("id", F.udf(seen, "int")("id"))
"""
CHECKS = """
    expectations:
      - expect_column_values_to_be_unique: {column: id}
      - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine}
"""


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object) -> Path:
    return make_project(
        {
            "jobs/orders.py": ORDERS,
            "jobs/sales.py": SALES,
            "conf/base/tables.yml": TABLES,
            "conf/checks/orders.yml": CHECKS,
            "raw.csv": "id,shop,amount\n1,north,2.0\n2,south,3.0\n3,north,-1.0\n",
        }
    )


@pytest.fixture
def engine(project: Path) -> Engine:
    return Engine(project)


def amounts(engine: Engine, table: str, **at: int) -> list[float]:
    return sorted(row["amount"] for row in engine.preview(table, rows=50, **at))


def test_a_run_reads_checks_quarantines_publishes_and_records_it(engine: Engine) -> None:
    run = engine.run("orders")
    assert (run.state, run.outputs["orders"]["rows"], run.outputs["orders__quarantine"]["rows"]) == (
        "done",
        2,
        1,
    )
    assert amounts(engine, "orders") == [2.0, 3.0]
    (commit,) = engine.history("orders")
    assert commit.run_id == run.id
    assert run.inputs["raw"]["identity"]
    assert (engine.settings.state / "gx" / "docs" / "index.html").is_file()


def test_an_older_version_is_read_by_number_and_by_time(engine: Engine) -> None:
    engine.run("orders")
    between = datetime.now(UTC)
    engine.run("orders", factor=10)
    engine.run("sales", shop="south")
    assert amounts(engine, "sales") == [30.0]
    engine.run("sales", shop="south", at={"orders": 0})
    assert amounts(engine, "sales") == [3.0]
    run = engine.run("sales", shop="south", as_of=between)
    assert run.inputs["orders"]["version"] == 0


def test_replacing_one_slice_leaves_the_others(engine: Engine) -> None:
    engine.run("orders")
    engine.run("sales", shop="north")
    engine.run("sales", shop="south")
    engine.run("sales", shop="north")
    assert amounts(engine, "sales") == [2.0, 3.0]


def test_a_failed_check_leaves_the_table_as_it_was(engine: Engine, project: Path) -> None:
    engine.run("orders")
    with (project / "raw.csv").open("a") as file:
        file.write("2,north,9.0\n")
    with pytest.raises(ChecksFailed, match="expect_column_values_to_be_unique"):
        engine.run("orders")
    assert amounts(engine, "orders") == [2.0, 3.0]
    assert len(engine.history("orders")) == 1


def test_a_changed_schema_is_refused(engine: Engine) -> None:
    engine.run("orders")
    with pytest.raises(SchemaChanged, match="extra"):
        engine.run("orders", columns="more")


def test_a_corrupt_row_is_reported_with_its_file(engine: Engine, project: Path) -> None:
    with (project / "raw.csv").open("a") as file:
        file.write("four,north,9.0\n")
    with pytest.raises(BadData, match=r"raw\.csv"):
        engine.run("orders")


def test_an_empty_source_is_an_error(engine: Engine, project: Path) -> None:
    (project / "raw.csv").write_text("id,shop,amount\n")
    with pytest.raises(BadData, match="`raw` has no rows"):
        engine.run("orders")


def test_a_missing_column_is_reported_with_the_line_that_uses_it(engine: Engine, project: Path) -> None:
    job = project / "jobs" / "sales.py"
    job.write_text(job.read_text().replace('sum("amount")', 'sum("amuont")'))
    engine.run("orders")
    with pytest.raises(SparkopsError, match=r"amuont.*jobs/sales\.py:\d+") as raised:
        engine.run("sales", shop="north")
    assert "amount" in str(raised.value)


def test_wrong_parameters_start_nothing(engine: Engine) -> None:
    with pytest.raises(ParamErrors, match="shop"):
        engine.run("sales")
    assert engine.runs.list_ids() == []


def test_a_flow_runs_in_order_and_skips_what_is_up_to_date(engine: Engine, project: Path) -> None:
    first = engine.flow(["sales"], params={"shop": "north"})
    assert [(step.job, step.state) for step in first] == [("orders", "done"), ("sales", "done")]
    again = engine.flow(["sales"], params={"shop": "north"})
    assert [step.state for step in again] == ["fresh", "fresh"]
    other = engine.flow(["sales"], params={"shop": "south"})
    assert [step.state for step in other] == ["fresh", "done"]
    (project / "conf" / "checks" / "orders.yml").write_text("expectations: []\n")
    changed = engine.flow(["sales"], params={"shop": "south"})
    assert [step.state for step in changed] == ["done", "done"]


@pytest.mark.slow
def test_a_flow_reads_its_source_again_when_it_is_read_in_another_way(engine: Engine, project: Path) -> None:
    (project / "raw.csv").write_bytes("id,shop,amount\n1,n\u00f8rre,2.0\n2,a;b,3.0\n".encode("latin-1"))
    changes = [
        TABLES.replace("}, schema", "}, encoding: ISO-8859-1, schema"),
        TABLES.replace("}, schema", ", nullValue: a;b}, encoding: ISO-8859-1, schema"),
        TABLES.replace("}, schema", "}, encoding: ISO-8859-1, strict: false, schema"),
        TABLES.replace("}, schema", "}, encoding: ISO-8859-1, schema")
        + "\n    spark: {conf: {spark.sql.session.timeZone: Asia/Tokyo}}\n",
    ]
    shops = []
    for text in changes:
        (project / "conf" / "base" / "tables.yml").write_text(dedent(text))
        changed = Engine(project)
        assert [step.state for step in changed.flow(["orders"])] == ["done"], text
        assert [step.state for step in Engine(project).flow(["orders"])] == ["fresh"], text
        shops.append(sorted(str(row["shop"]) for row in changed.preview("orders", rows=9)))
    assert shops[0] == ["a;b", "n\u00f8rre"]
    assert shops[1] == ["None", "n\u00f8rre"]


def test_a_flow_stops_after_a_failure_and_raises_it(engine: Engine, project: Path) -> None:
    (project / "raw.csv").write_text("id,shop,amount\n1,north,1.0\n1,north,2.0\n")
    with pytest.raises(ChecksFailed):
        engine.flow(["sales"], params={"shop": "north"})
    assert [run.job for run in engine.runs.list_newest()] == ["orders"]


def test_a_mistyped_expectation_is_reported_with_its_line_before_anything_is_computed(
    engine: Engine, project: Path
) -> None:
    (project / "conf/checks/orders.yml").write_text("expectations:\n  - expect_column_to_exst: id\n")
    with pytest.raises(
        ConfigError, match=r"Did you mean `expect_column_to_exist`\? \(conf/checks/orders\.yml:2\)"
    ):
        engine.run("orders")


def test_check_runs_a_suite_on_a_table_as_it_is(engine: Engine) -> None:
    engine.run("orders")
    check = engine.check("orders")
    assert (check.blocked, check.version, len(check.results)) == (False, 0, 2)
    # The run sent a row to quarantine, so it did not check what it published.
    assert check.earlier is None
    later = engine.check("orders")
    assert later.earlier is not None
    assert (later.summary, later.blocked, later.docs) == (check.summary, check.blocked, check.docs)
    assert [result.expectation for result in later.results] == [
        result.expectation for result in check.results
    ]
    assert engine.check("orders", again=True).earlier is None
    with pytest.raises(UnknownName, match=r"No table `sales`"):
        engine.check("sales")


def test_every_row_that_fails_a_check_is_written_with_its_reasons(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.run("orders")
    suite = project / "conf" / "checks" / "orders.yml"
    suite.write_text(suite.read_text().replace("min_value: 0", "min_value: 3"))
    monkeypatch.chdir(project)
    assert run_command(["check", "orders", "--failing", "failing.jsonl"]) == 3
    (row,) = map(json.loads, (project / "failing.jsonl").read_text().splitlines())
    assert (row["id"], row["amount"]) == (1, 2.0)
    assert "expect_column_values_to_be_between" in row["_sparkops_reasons"][0]


def test_a_restored_table_is_a_new_version_equal_to_the_old_one(engine: Engine) -> None:
    engine.run("orders")
    engine.run("orders", factor=10)
    assert engine.restore("orders", 0) == 2
    assert amounts(engine, "orders") == [2.0, 3.0]


def test_a_resumed_run_uses_its_own_parameters(engine: Engine, project: Path) -> None:
    job = project / "jobs" / "orders.py"
    source = job.read_text()
    job.write_text(source.replace("more = ", "raise RuntimeError('no luck')\n    more = "))
    with pytest.raises(JobFailed, match=r"RuntimeError: no luck \(jobs/orders.py:7\)"):
        engine.run("orders", factor=5)
    job.write_text(source)
    run = Engine(project).resume("last")
    assert (run.state, run.attempt, run.params["factor"]) == ("done", 2, 5)
    assert amounts(engine, "orders") == [10.0, 15.0]


def test_a_running_run_is_not_resumed(engine: Engine) -> None:
    engine.runs.begin("20130704-120000-abc", "orders")
    with pytest.raises(InputError, match=rf"is still running, in process {os.getpid()}: wait for it"):
        engine.resume("20130704-120000-abc")


def test_a_missing_table_is_reported_with_the_job_that_writes_it(engine: Engine) -> None:
    with pytest.raises(InputError, match="orders"):
        engine.run("sales", shop="north")


def test_a_frame_is_computed_once_though_it_is_checked_split_and_published(
    engine: Engine, project: Path, spark: SparkSession
) -> None:
    counted = spark.sparkContext.accumulator(0)
    (project / "jobs" / "counted.py").write_text(COUNTED)
    (project / "conf" / "checks" / "counted.yml").write_text((project / "conf/checks/orders.yml").read_text())
    engine.jobs["counted"].function.__globals__["COUNTER"] = counted
    run = engine.run(engine.jobs["counted"])
    assert run.outputs["counted__quarantine"]["rows"] == 1
    assert counted.value == 3


def test_the_notebook_of_a_new_project_runs_its_job_with_the_values_of_the_widgets(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(["init", str(tmp_path / "mine")]) == 0
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.syspath_prepend(str(tmp_path / "mine"))
    engine = Engine()
    stand_in = DBUtils({"day": "2024-03-02", "shop": "north"})
    runpy.run_path("notebooks/daily_sales.py", init_globals={"dbutils": stand_in}, run_name="__main__")
    (row,) = engine.preview("daily_sales")
    assert (str(row["day"]), row["shop"]) == ("2024-03-02", "north")


@pytest.mark.slow
def test_the_notebooks_of_a_new_project_run_outside_databricks(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["init", str(tmp_path / "mine")]) == 0
    # Jupyter starts in the folder of the notebook
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["daily_sales.py", "--day", "2024-03-03"])
    runpy.run_path("daily_sales.py", run_name="__main__")
    assert "Run(daily_sales, done, " in capsys.readouterr().out
    book = json.loads(Path("daily_sales.ipynb").read_text("utf-8"))
    names: dict[str, Any] = {}
    for cell in book["cells"]:
        assert cell.get("outputs", []) == []
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["run"].state == "done"
    assert {str(row["day"]) for row in Engine().preview("daily_sales", rows=50)} == {
        "2024-03-02",
        "2024-03-03",
    }


def test_a_result_whose_rows_are_all_quarantined_leaves_the_table_as_it_was(
    engine: Engine, project: Path
) -> None:
    engine.run("orders")
    (project / "raw.csv").write_text("id,shop,amount\n1,north,-2.0\n2,south,-3.0\n")
    with pytest.raises(BadData, match="publishing none would remove 2 rows of table `orders`; nothing was"):
        engine.run("orders")
    assert amounts(engine, "orders") == [2.0, 3.0]
    assert engine.container.tables.count("orders__quarantine") == 1


@pytest.mark.slow
def test_a_slice_without_rows_is_refused_only_where_it_has_some(engine: Engine) -> None:
    engine.run("orders")
    engine.run("sales", shop="north")
    assert engine.run("sales", shop="nowhere").outputs["sales"]["rows"] == 0
    engine.run("orders", factor=10)
    engine.run("sales", shop="north")
    (engine.root / "raw.csv").write_text("id,shop,amount\n2,south,3.0\n")
    engine.run("orders")
    with pytest.raises(BadData, match="would remove 1 row of table `sales` where `shop` = north"):
        engine.run("sales", shop="north")
    assert amounts(engine, "sales") == [20.0]
