"""The history of checks as a table: each run is recorded once, also by many at once; without Spark unless marked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from sparkops.core.place import Place
from sparkops.errors import EngineError, TableError
from sparkops.pipeline.checks.check import CheckResult, RecordedCheck
from sparkops.pipeline.table import MicroBatch
from sparkops.tables import Tables

NOON = datetime(2013, 7, 4, 12, tzinfo=UTC)


def recorded(table="flights", *, run="r1", version=3, time=NOON, position=0, **attributes) -> RecordedCheck:
    attributes = {
        "expectation": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "carrier"},
    } | attributes
    result = CheckResult(table=table, **attributes)
    return RecordedCheck(time=time, run=run, job="clean", version=version, position=position, result=result)


@pytest.fixture
def without_spark(make_settings) -> Tables:
    """Return tables with no Spark to fall back on."""
    return Tables(None, make_settings())


def append(tables: Tables, *results: RecordedCheck, run: str = "r1", published: bool = True) -> None:
    tables.append_check_results("check_results", results, run_id=run, published=published)


def test_recorded_results_are_read_back_unchanged(without_spark) -> None:
    broken = recorded(
        success=False,
        policy="quarantine",
        severity="warning",
        rows=8,
        unexpected=2,
        place=Place("conf/checks/flights.yml", 7),
    )
    counted = recorded(
        position=1, expectation="expect_table_row_count_to_be_between", success=True, observed=8
    )
    error = recorded(
        position=2, kwargs={"column": "x", "max_value": 1.5}, error="no such column", version=None
    )
    append(without_spark, broken, counted, error, recorded("weather", run="r1"))
    assert without_spark.read_check_results("check_results", "flights") == (broken, counted, error)
    assert without_spark.read_check_results("check_results", "nothing") == ()
    assert without_spark.describe("check_results").version == 0
    assert without_spark.count("check_results") == 4
    newest = without_spark.read_history("check_results")[0]
    assert (newest.run_id, newest.rows) == ("r1", 4)


def test_the_history_is_empty_before_the_first_run(without_spark) -> None:
    assert without_spark.read_check_results("check_results", "flights") == ()


def test_a_resumed_run_is_recorded_once_more_if_it_was_blocked_before(without_spark) -> None:
    for version, published in ((None, False), (None, False), (4, True), (4, True)):
        append(without_spark, recorded(version=version), published=published)
    assert {each.version for each in without_spark.read_check_results("check_results", "flights")} == {
        None,
        4,
    }
    assert without_spark.count("check_results") == 2


def test_a_resumed_run_counts_once_its_last_evaluation(without_spark) -> None:
    later = NOON + timedelta(hours=1)
    append(without_spark, recorded(run="r0", version=None), run="r0", published=False)
    append(without_spark, recorded(version=None), published=False)
    append(without_spark, recorded(version=4, time=later, success=True))
    checks = without_spark.read_check_results("check_results", "flights")
    assert [(check.run, check.version) for check in checks] == [("r0", None), ("r1", 4)]


def test_every_batch_of_a_stream_counts_but_a_refused_one_once(without_spark) -> None:
    times = [NOON + timedelta(minutes=minute) for minute in range(4)]
    batches = [(7, 0), (None, 1), (8, 1), (9, 2)]
    for (version, number), time in zip(batches, times, strict=True):
        without_spark.append_check_results(
            "check_results",
            [recorded(version=version, time=time)],
            run_id="r1",
            published=version is not None,
            batch=MicroBatch(stream="s", number=number),
        )
    checks = without_spark.read_check_results("check_results", "flights")
    assert [check.version for check in checks] == [7, 8, 9]


def test_runs_that_end_at_the_same_moment_are_all_recorded(without_spark) -> None:
    with ThreadPoolExecutor(12) as many:
        list(many.map(lambda n: append(without_spark, recorded(run=f"r{n}"), run=f"r{n}"), range(12)))
    assert {each.run for each in without_spark.read_check_results("check_results", "flights")} == {
        f"r{n}" for n in range(12)
    }


def test_many_small_files_become_one(without_spark, tmp_path) -> None:
    for n in range(50):
        append(without_spark, recorded(run=f"r{n}"), run=f"r{n}")
    assert without_spark.read_history("check_results")[0].operation == "OPTIMIZE"
    assert len(without_spark.read_check_results("check_results", "flights")) == 50
    append(without_spark, recorded(run="r7"), run="r7")
    assert without_spark.count("check_results") == 50


def test_what_cannot_be_written_is_one_kind_of_error(without_spark, tmp_path) -> None:
    (tmp_path / "warehouse").write_text("a file where the folder should be")
    with pytest.raises(TableError, match=r"The history of checks at .*check_results"):
        append(without_spark, recorded())


def test_without_spark_a_table_elsewhere_is_refused(make_settings) -> None:
    settings = make_settings(tables={"check_results": {"path": "s3a://bucket/results"}})
    with pytest.raises(EngineError, match="needs Spark"):
        append(Tables(None, settings), recorded())


@pytest.mark.spark
def test_a_table_that_only_spark_writes_is_written_by_spark_with_the_same_marks(
    tables, without_spark, spark, tmp_path
) -> None:
    append(without_spark, recorded(run="r0"), run="r0")
    spark.sql(
        f"ALTER TABLE delta.`{tmp_path / 'warehouse' / 'check_results'}` "
        "SET TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    )
    for _ in range(2):
        append(tables, recorded(run="r1", success=True, observed=7), run="r1")
    assert [each.run for each in tables.read_check_results("check_results", "flights")] == ["r0", "r1"]
    newest = tables.read_history("check_results")[0]
    assert (newest.version, newest.run_id, newest.rows) == (2, "r1", 1)
    frame = tables.read(tables.pin("check_results"))
    assert frame.where("observed_value = 7 AND success AND `table` = 'flights'").count() == 1
