"""Streaming jobs through the engine: real Structured Streaming between real Delta tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkops import Engine
from sparkops.engine.operations.cleanup import reset_stream
from sparkops.errors import (
    ChecksFailed,
    InputError,
    JobFailed,
    ParamErrors,
    SchemaChanged,
    TableError,
    UnknownName,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

JOBS = """
    from pyspark.sql import DataFrame, functions as F
    from sparkops import job

    @job(mode="append", stream="raw")
    def clean(raw: DataFrame, rates: DataFrame, *, least: int = 0) -> DataFrame:
        return raw.where(F.col("id") >= least).join(F.broadcast(rates), "shop")

    @job(merge="id", stream="raw")
    def newest(raw: DataFrame) -> DataFrame:
        return raw

    @job(stream="raw")
    def totals(raw: DataFrame) -> DataFrame:
        return raw.groupBy("shop").agg(F.sum("amount").alias("amount"))

    @job(mode="append", stream="raw")
    def stale(raw: DataFrame, rates: DataFrame) -> DataFrame:
        return rates

    @job
    def rates_copy(rates: DataFrame) -> DataFrame:
        return rates

    @job(mode="append", stream="files")
    def loaded(files: DataFrame) -> DataFrame:
        return files
"""
TABLES = """
    tables:
      raw: {options: {maxFilesPerTrigger: "1"}}
      files: {path: files, format: csv, options: {header: "true"}, schema: "id INT, amount DOUBLE"}
"""
CHECKS = """
    expectations:
      - expect_column_values_to_not_be_null: shop
      - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine}
      - expect_column_values_to_be_between: {column: id, max_value: 900}
"""
ROWS = "id INT, shop STRING, amount DOUBLE"
Add = Callable[..., None]


@pytest.fixture
def project(make_project: Callable[..., Path], spark: SparkSession) -> Path:
    root = make_project(
        {"jobs/streams.py": JOBS, "conf/base/tables.yml": TABLES, "conf/checks/clean.yml": CHECKS}
    )
    rates = spark.createDataFrame([("north", 2.0), ("south", 3.0)], "shop STRING, rate DOUBLE")
    rates.write.format("delta").save(str(root / "data" / "warehouse" / "rates"))
    return root


@pytest.fixture
def engine(project: Path) -> Engine:
    return Engine(project)


@pytest.fixture
def add(project: Path, spark: SparkSession) -> Add:
    """Return a function that appends rows to `raw`, with one commit and one file each call."""

    def append(*rows: tuple[int, str, float]) -> None:
        frame = spark.createDataFrame(list(rows), ROWS).coalesce(1)
        frame.write.format("delta").mode("append").save(str(project / "data" / "warehouse" / "raw"))

    return append


def ids(engine: Engine, table: str) -> list[int]:
    return sorted(row["id"] for row in engine.preview(table, rows=100))


def test_each_batch_is_checked_quarantined_and_published_once(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0), (2, "south", -1.0))
    add((3, "north", 1.0))
    run = engine.run("clean")
    assert ids(engine, "clean") == [1, 3]
    assert ids(engine, "clean__quarantine") == [2]
    assert [(b["number"], b["rows"], b["held"]) for b in run.batches] == [(0, 1, 1), (1, 1, 0)]
    assert (run.outputs["clean"]["rows"], run.outputs["clean__quarantine"]["rows"]) == (2, 1)
    assert [(c["rows"], c["unexpected"], c["success"]) for c in run.checks] == [
        (2, 0, True),
        (3, 1, False),
        (2, 0, True),
    ]
    assert run.inputs["raw"]["version"] == 1
    assert {commit.run_id for commit in engine.history("clean")} == {run.id}


@pytest.mark.slow
def test_the_next_run_continues_where_the_last_ended(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0))
    engine.run("clean")
    assert engine.run("clean").batches == ()
    add((2, "north", 1.0))
    run = engine.run("clean")
    assert [batch["number"] for batch in run.batches] == [1]
    assert ids(engine, "clean") == [1, 2]
    recorded = engine.container.check_history.read("clean")
    assert len(recorded) == 6
    assert {check.version for check in recorded} == {0, 1}


def test_a_batch_that_fails_publishes_nothing_and_is_read_again(
    engine: Engine, add: Add, project: Path
) -> None:
    add((1, "north", 1.0))
    add((901, "north", 1.0))
    add((3, "north", 1.0))
    for _ in range(2):
        with pytest.raises(ChecksFailed, match=r"nothing of batch 1 was published.*\n.*1 of 1 rows"):
            engine.run("clean")
        assert ids(engine, "clean") == [1]
    suite = project / "conf" / "checks" / "clean.yml"
    suite.write_text(suite.read_text().replace("900", "999"))
    assert len(engine.run("clean").batches) == 2
    assert ids(engine, "clean") == [1, 3, 901]


@pytest.mark.slow
def test_a_batch_published_by_a_run_that_then_crashed_is_not_published_again(
    project: Path, engine: Engine, add: Add, spark: SparkSession
) -> None:
    add((1, "north", 1.0), (2, "south", -1.0))
    engine.run("clean")
    offsets = project / "data" / "warehouse" / "_streams" / "clean"
    (offsets / "commits" / "0").unlink()
    (offsets / "commits" / ".0.crc").unlink(missing_ok=True)
    add((3, "north", 1.0))
    run = engine.run("clean")
    assert [(b["number"], b["already"]) for b in run.batches] == [(0, True), (1, False)]
    assert (run.outputs["clean"]["rows"], run.outputs["clean__quarantine"]["rows"]) == (1, 0)
    assert ids(engine, "clean") == [1, 3]
    assert ids(engine, "clean__quarantine") == [2]
    assert len(engine.container.check_history.read("clean")) == 6


@pytest.mark.slow
def test_a_merged_stream_keeps_the_newest_row_of_each_key(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0), (2, "north", 1.0))
    add((1, "south", 9.0))
    run = engine.run("newest")
    amounts = {row["id"]: row["amount"] for row in engine.preview("newest", rows=10)}
    assert amounts == {1: 9.0, 2: 1.0}
    assert len(run.batches) == 2
    assert engine.run("newest").batches == ()


@pytest.mark.slow
def test_an_overwritten_table_has_the_totals_of_all_batches(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0))
    add((2, "north", 2.0), (3, "south", 5.0))
    engine.run("totals")
    add((4, "south", 1.0))
    engine.run("totals")
    assert {row["shop"]: row["amount"] for row in engine.preview("totals")} == {"north": 3.0, "south": 6.0}


def test_new_files_of_a_source_are_read_once(engine: Engine, project: Path) -> None:
    (project / "files").mkdir()
    (project / "files" / "a.csv").write_text("id,amount\n1,2.0\n")
    engine.run("loaded")
    (project / "files" / "b.csv").write_text("id,amount\n2,2.0\n")
    engine.run("loaded")
    assert ids(engine, "loaded") == [1, 2]


def test_a_frame_that_does_not_come_from_the_stream_is_refused(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0))
    with pytest.raises(JobFailed, match="returned a frame that does not come from it"):
        engine.run("stale")


def test_a_version_of_the_stream_cannot_be_chosen(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0))
    with pytest.raises(ParamErrors, match="no version can be chosen"):
        engine.run("clean", at={"raw": 0})


@pytest.mark.slow
def test_the_error_for_a_rewritten_source_table_says_what_to_do(
    engine: Engine, add: Add, project: Path, spark: SparkSession
) -> None:
    add((1, "north", 1.0))
    engine.run("clean")
    frame = spark.createDataFrame([(1, "north", 5.0)], ROWS)
    frame.write.format("delta").mode("overwrite").save(str(project / "data" / "warehouse" / "raw"))
    with pytest.raises(TableError, match="skipChangeCommits"):
        engine.run("clean")


@pytest.mark.slow
def test_a_stream_whose_table_was_created_again_says_how_to_begin_again(
    engine: Engine, add: Add, project: Path
) -> None:
    add((1, "north", 1.0))
    engine.run("clean")
    shutil.rmtree(project / "data" / "warehouse" / "raw")
    add((2, "north", 1.0))
    with pytest.raises(
        TableError, match=r"was created again since the last run.*`sparkops streams reset JOB`"
    ):
        engine.run("clean")
    assert [each.name for each in engine.container.tables.streams.list_checkpoints()] == ["clean"]
    reset_stream(engine.container, "clean")
    assert engine.container.tables.streams.list_checkpoints() == ()
    assert engine.run("clean").outputs["clean"]["rows"] == 1
    assert ids(engine, "clean") == [1, 2]


def test_only_a_streaming_job_can_be_reset(engine: Engine) -> None:
    with pytest.raises(UnknownName, match="No job `other`"):
        reset_stream(engine.container, "other")
    with pytest.raises(InputError, match="Job `rates_copy` reads no stream"):
        reset_stream(engine.container, "rates_copy")


@pytest.mark.slow
def test_a_flow_skips_a_stream_without_new_rows(engine: Engine, add: Add) -> None:
    add((1, "north", 1.0))
    assert [step.state for step in engine.flow(["clean"])] == ["done"]
    assert [step.state for step in engine.flow(["clean"])] == ["fresh"]
    add((2, "north", 1.0))
    assert [step.state for step in engine.flow(["clean"])] == ["done"]


@pytest.mark.slow
def test_an_error_in_a_batch_stops_the_run_with_its_own_type(
    engine: Engine, add: Add, project: Path, spark: SparkSession
) -> None:
    other = spark.createDataFrame([], "id INT, shop STRING, amount DOUBLE, rate DOUBLE, note STRING")
    other.write.format("delta").save(str(project / "data" / "warehouse" / "clean"))
    add((1, "north", 1.0), (2, "south", -1.0))
    with pytest.raises(SchemaChanged, match="Table `clean` would change"):
        engine.run("clean")
    (run,) = engine.runs.list_newest(limit=1)
    assert (run.state, run.batches) == ("failed", ())
    assert run.outputs["clean__quarantine"]["rows"] == 1
