"""Dates and times: mixed bounds are compared as in Great Expectations; values beyond Python's years are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import stock_checks
from pyspark.sql import functions as F

from sparkops.checks.checks import Checks
from sparkops.checks.execution.evaluation import evaluate
from sparkops.checks.execution.suite_cache import compile_suite
from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.results import ExpectationResult
from sparkops.driver.collection import collect_rows

pytestmark = pytest.mark.spark

MIXED_BOUNDS = """\
expect_column_values_to_be_between: {column: at, min_value: 2024-01-02}
expect_column_values_to_be_between: {column: at, max_value: "2024-01-02"}
expect_column_values_to_be_between: {column: at, min_value: 2024-01-02, max_value: 2024-01-03 12:00:00}
expect_column_values_to_be_between: {column: at, min_value: "2024-01-02", max_value: "2024-01-03 12:00", strict_max: true}
expect_column_values_to_be_between: {column: at, min_value: 2024-01-02T14:00:00+02:00, max_value: "2024-01-03T12:00:00Z"}
expect_column_values_to_be_between: {column: at, max_value: 2024-01-02 14:00:00+02:00, strict_max: true}
expect_column_values_to_be_between: {column: day, max_value: "2024-01-02 12:00"}
expect_column_values_to_be_between: {column: day, min_value: 2024-01-02, max_value: 2024-01-03 00:00:00}
expect_column_values_to_be_between: {column: day, min_value: "2024-01-02T00:00:00Z"}
expect_column_values_to_be_between: {column: ntz, min_value: 2024-01-02, max_value: "2024-01-02 12:00"}
expect_column_min_to_be_between: {column: at, min_value: 2024-01-01, max_value: 2024-01-01 12:00:00}
expect_column_max_to_be_between: {column: at, max_value: "2024-01-03"}
expect_column_max_to_be_between: {column: day, min_value: "2024-01-01", max_value: "2024-01-02 12:00"}
expect_column_max_to_be_between: {column: ntz, max_value: 2024-01-03 12:00:00, strict_max: true}
expect_column_values_to_be_in_set: {column: at, value_set: [2024-01-01 12:00:00, 2024-01-02 12:00:00]}
expect_column_values_to_not_be_in_set: {column: at, value_set: [2024-01-02 14:00:00+02:00]}
expect_column_distinct_values_to_contain_set: {column: at, value_set: [2024-01-02 12:00:00]}
expect_column_distinct_values_to_contain_set: {column: at, value_set: [2024-01-02 12:00:00, 2030-01-01 00:00:00]}
"""
TIMES = "SELECT timestamp_ntz'2024-01-01 12:00:00' + make_dt_interval(int(id)) AS ntz FROM range(3)"
EXTREMES = """
    SELECT make_timestamp(9999, 12, 31, 23, 0, 0) + make_dt_interval(int(id)) AS late, id,
           make_timestamp(1, 1, 1, 0, 0, 0) - make_dt_interval(int(id)) AS early,
           date'9999-12-31' + int(id) AS last_day,
           timestamp_ntz'9999-12-31 23:00:00' + make_dt_interval(int(id)) AS ntz
    FROM range(3)
"""


@pytest.fixture(autouse=True)
def _imported() -> None:
    GxLibrary().ensure_imported()


def evaluate_lines(folder: Path, lines: str, frame: Any) -> list[ExpectationResult]:
    compiled = compile_suite(stock_checks.suite_of(folder, lines), folder)
    assert not compiled.by_gx
    results = evaluate(frame, compiled.native).results
    return [results[index] for index in sorted(results)]


def test_bounds_of_mixed_types_are_compared_as_by_the_stock_engine(tmp_path: Path, spark) -> None:
    frame = (
        spark.sql(TIMES)
        .selectExpr("cast(ntz AS timestamp) AS at", "cast(ntz AS date) AS day", "ntz")
        .coalesce(1)
    )
    suite = stock_checks.suite_of(tmp_path, MIXED_BOUNDS)
    stock = stock_checks.evaluate_with_stock_engine(build_expectations(suite), frame)
    ours = evaluate_lines(tmp_path, MIXED_BOUNDS, frame)
    for index, (expectation, result) in enumerate(zip(suite.expectations, ours, strict=True)):
        assert result.exception is None, (expectation.label, result.exception)
        recorded = {
            "success": result.success,
            "result": stock_checks.comparable(result.result),
            "raised": result.exception is not None,
        }
        assert recorded == stock[index], expectation.label
    assert [result.success for result in ours].count(False) >= 8


@pytest.fixture
def zone(spark) -> Iterator[Any]:
    """Return a function that sets the session's time zone."""
    before = spark.conf.get("spark.sql.session.timeZone")
    yield lambda name: spark.conf.set("spark.sql.session.timeZone", name)
    spark.conf.set("spark.sql.session.timeZone", before)


def test_a_time_without_a_zone_is_one_of_the_sessions_zone(tmp_path: Path, spark, zone) -> None:
    zone("America/New_York")
    frame = spark.sql("SELECT timestamp'2024-01-01 20:00:00' AS at")
    lines = """\
expect_column_values_to_be_between: {column: at, min_value: 2024-01-01 20:00:00, max_value: 2024-01-01 20:00:00}
expect_column_values_to_be_between: {column: at, max_value: 2024-01-02T00:59:59Z}
expect_column_max_to_be_between: {column: at, min_value: 2024-01-01 20:00:00, max_value: 2024-01-01 20:00:00}
expect_column_values_to_be_in_set: {column: at, value_set: [2024-01-01 20:00:00]}"""
    results = evaluate_lines(tmp_path, lines, frame)
    assert [result.success for result in results] == [True, False, True, True]
    assert results[1].result["partial_unexpected_list"] == ["2024-01-01T20:00:00"]


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_values_beyond_pythons_years_are_observed_as_text(tmp_path: Path, spark, zone, name: str) -> None:
    zone(name)
    frame = spark.sql(EXTREMES).coalesce(1)
    lines = """\
expect_column_max_to_be_between: {column: late, max_value: 2024-01-01}
expect_column_max_to_be_between: {column: late, min_value: 2024-01-01}
expect_column_min_to_be_between: {column: early, min_value: 0001-01-01 00:00:00}
expect_column_min_to_be_between: {column: early, max_value: 2024-01-01 00:00:00}
expect_column_max_to_be_between: {column: last_day, max_value: 9999-12-31}
expect_column_max_to_be_between: {column: ntz, max_value: 9999-12-31 23:59:59}
expect_column_values_to_be_between: {column: late, max_value: 9999-12-31 23:30:00}
expect_column_values_to_be_null: early
expect_column_values_to_be_null: last_day
expect_column_distinct_values_to_be_in_set: {column: late, value_set: [9999-12-31 23:00:00]}
expect_column_most_common_value_to_be_in_set: {column: early, value_set: [2024-01-01 00:00:00]}
expect_column_pair_values_to_be_equal: {column_A: late, column_B: ntz, ignore_row_if: neither}
expect_compound_columns_to_be_unique: [late, id]
expect_column_values_to_be_unique: early"""
    results = evaluate_lines(tmp_path, lines, frame)
    assert [result.exception for result in results] == [None] * len(results)
    assert [result.success for result in results] == [
        False, True, False, True, False, False, False, False, False, False, False, True, True, True,
    ]  # fmt: skip
    assert results[0].result["observed_value"] == "+10000-01-02T23:00:00"
    assert results[2].result["observed_value"] == "-0001-12-30T00:00:00" or results[2].result[
        "observed_value"
    ].startswith("0000-12-30")
    assert results[4].result["observed_value"] == "+10000-01-02"
    assert results[6].result["partial_unexpected_list"] == ["+10000-01-01T23:00:00", "+10000-01-02T23:00:00"]
    assert results[8].result["partial_unexpected_list"] == ["9999-12-31", "+10000-01-01", "+10000-01-02"]


def test_collected_values_are_those_of_spark(spark) -> None:
    frame = spark.sql(
        "SELECT array(struct(timestamp'2024-01-01 00:00:00.5' AS at, 'x' AS s)) AS a, map(date'2024-01-01', 1) AS m, "
        "timestamp_ntz'0001-01-01 00:00:00' AS n, CAST(NULL AS date) AS d"
    )
    [row] = collect_rows(frame)
    [expected] = [row.asDict() for row in frame.collect()]
    assert row == expected
    assert row["a"][0].at == expected["a"][0].at


GX_ONLY = """\
expectations:
  - unexpected_rows_expectation: {unexpected_rows_query: "SELECT late FROM {batch} WHERE late > '2024-01-01'"}
  - unexpected_rows_expectation: {unexpected_rows_query: "SELECT early FROM {batch}"}
  - unexpected_rows_expectation: {unexpected_rows_query: "SELECT struct(last_day) AS s FROM {batch}"}
  - unexpected_rows_expectation: {unexpected_rows_query: "SELECT id FROM {batch} WHERE late > '2024-01-01'"}
"""


def test_an_expectation_of_great_expectations_names_the_column_and_value_that_python_cannot_hold(
    spark, make_settings, tmp_path: Path
) -> None:
    file = tmp_path / "conf" / "checks" / "t.yml"
    file.parent.mkdir(parents=True)
    file.write_text(GX_ONLY)
    checks = Checks(make_settings())
    suite = checks.find_suite("t")
    assert suite is not None
    columns = {"late": "+10000-01-02T23:00:00", "early": "", "last_day": "+10000-01-02"}
    for index, (column, value) in enumerate(columns.items()):
        frame = spark.sql(EXTREMES).coalesce(1).select(column, "id")
        if column != "late":
            frame = frame.withColumn("late", F.lit("2000-01-01"))
        if column != "early":
            frame = frame.withColumn("early", F.lit("x"))
        if column != "last_day":
            frame = frame.withColumn("last_day", F.lit("x"))
        outcome = checks.run_checkpoint(suite, frame, table="t", run_id="r1")
        errors = [result.error or "" for result in outcome.results]
        assert outcome.blocked
        assert errors[index].startswith(f"column `{column}` has the value {value}"), errors
        assert "Correct the rows, or leave them out by a `row_condition`." in errors[index]
        # a query whose rows hold no date is evaluated
        assert errors[3] == "", errors
