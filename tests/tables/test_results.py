"""The history of checks as a table: written once for a run, by many at once, and read back; no Spark but where said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from sparkops.errors import EngineError, TableError
from sparkops.pipeline.check import CheckResult, RecordedCheck
from sparkops.place import Place
from sparkops.tables import Tables

NOON = datetime(2013, 7, 4, 12, tzinfo=UTC)


def kept(table="flights", *, run="r1", version=3, time=NOON, position=0, **facts) -> RecordedCheck:
    said = {"expectation": "expect_column_values_to_not_be_null", "kwargs": {"column": "carrier"}} | facts
    result = CheckResult(table=table, **said)
    return RecordedCheck(time=time, run=run, job="clean", version=version, position=position, result=result)


@pytest.fixture
def here(make_settings) -> Tables:
    """Return tables with no Spark to fall back on."""
    return Tables(None, make_settings())


def put(tables: Tables, *results: RecordedCheck, run: str = "r1", published: bool = True) -> None:
    tables.keep_checks("check_results", results, run_id=run, published=published)


def test_what_is_kept_is_read_back_whole(here) -> None:
    broken = kept(
        success=False,
        policy="quarantine",
        severity="warning",
        rows=8,
        unexpected=2,
        place=Place("conf/checks/flights.yml", 7),
    )
    counted = kept(position=1, expectation="expect_table_row_count_to_be_between", success=True, observed=8)
    error = kept(position=2, kwargs={"column": "x", "max_value": 1.5}, error="no such column", version=None)
    put(here, broken, counted, error, kept("weather", run="r1"))
    assert here.kept_checks("check_results", "flights") == (broken, counted, error)
    assert here.kept_checks("check_results", "nothing") == ()
    assert here.info("check_results").version == 0
    assert here.count("check_results") == 4
    newest = here.history("check_results")[0]
    assert (newest.run_id, newest.rows) == ("r1", 4)


def test_nothing_is_there_before_the_first_run(here) -> None:
    assert here.kept_checks("check_results", "flights") == ()


def test_a_resumed_run_is_kept_once_and_once_more_when_it_was_blocked_before(here) -> None:
    for version, published in ((None, False), (None, False), (4, True), (4, True)):
        put(here, kept(version=version), published=published)
    assert {each.version for each in here.kept_checks("check_results", "flights")} == {None, 4}
    assert here.count("check_results") == 2


def test_runs_that_end_at_the_same_moment_are_all_kept(here) -> None:
    with ThreadPoolExecutor(12) as many:
        list(many.map(lambda n: put(here, kept(run=f"r{n}"), run=f"r{n}"), range(12)))
    assert {each.run for each in here.kept_checks("check_results", "flights")} == {f"r{n}" for n in range(12)}


def test_many_small_files_become_one(here, tmp_path) -> None:
    for n in range(50):
        put(here, kept(run=f"r{n}"), run=f"r{n}")
    assert here.history("check_results")[0].operation == "OPTIMIZE"
    assert len(here.kept_checks("check_results", "flights")) == 50
    put(here, kept(run="r7"), run="r7")
    assert here.count("check_results") == 50


def test_what_cannot_be_written_is_one_kind_of_error(here, tmp_path) -> None:
    (tmp_path / "warehouse").write_text("a file where the folder should be")
    with pytest.raises(TableError, match=r"The history of checks at .*check_results"):
        put(here, kept())


def test_without_spark_a_table_elsewhere_is_refused(make_settings) -> None:
    settings = make_settings(tables={"check_results": {"path": "s3a://bucket/results"}})
    with pytest.raises(EngineError, match="needs Spark"):
        put(Tables(None, settings), kept())


@pytest.mark.spark
def test_a_table_that_only_spark_writes_is_written_by_spark_with_the_same_marks(
    tables, here, spark, tmp_path
) -> None:
    put(here, kept(run="r0"), run="r0")
    spark.sql(
        f"ALTER TABLE delta.`{tmp_path / 'warehouse' / 'check_results'}` "
        "SET TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    )
    for _ in range(2):
        put(tables, kept(run="r1", success=True, observed=7), run="r1")
    assert [each.run for each in tables.kept_checks("check_results", "flights")] == ["r0", "r1"]
    newest = tables.history("check_results")[0]
    assert (newest.version, newest.run_id, newest.rows) == (2, "r1", 1)
    frame = tables.read(tables.pin("check_results"))
    assert frame.where("observed_value = 7 AND success AND `table` = 'flights'").count() == 1
