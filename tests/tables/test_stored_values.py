"""What is checked is what a reader of the table finds, whichever backend writes it."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.errors import BadData
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.error_messages.spark_errors import translate_spark_errors

pytestmark = pytest.mark.spark

APPEND = Write(table="t", mode="append", partition_by=("k",))


@pytest.fixture(params=["auto", "spark"])
def tables(request, spark, make_settings) -> Tables:
    """Return the tables of a project, with each setting of `commits`."""
    return Tables(spark, make_settings(commits=request.param))


def values_of(frame) -> list[Any]:
    """Return the values of column `k` as text that shows every difference, sorted."""
    return sorted(
        str(row[0])
        for row in frame.selectExpr("concat(typeof(k), ' ', nvl(hex(cast(k AS STRING)), 'NULL'))").collect()
    )


@pytest.mark.matrix(every=4)
@pytest.mark.parametrize(
    ("column_type", "values"),
    [
        (
            "string",
            "'a', '', ' ', 'a ', 'a=b', 'a%20b', 'a/b', 'x\\ny', '__HIVE_DEFAULT_PARTITION__', 'A', 'null', NULL",
        ),
        ("binary", "X'', X'6162', NULL"),
        ("double", "double('NaN'), double('-0.0'), 0.0D, double('Infinity'), 0.1D"),
        ("decimal(20,5)", "1.5, -0.00001, 100"),
        (
            "timestamp",
            "timestamp_micros(1604212200123456L), timestamp_micros(1604208600000000L), timestamp_micros(-62135596800000000L)",
        ),
        ("date", "date'0001-01-01', date'1582-10-10', date'9999-12-31', NULL"),
        ("boolean", "true, false, NULL"),
    ],
)
def test_the_staged_values_of_a_partition_column_are_those_of_the_table(tables, spark, column_type, values):
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        frame = spark.sql(
            f"SELECT CAST(k AS {column_type}) AS k, 1 AS n FROM (SELECT explode(array({values})) AS k)"
        )
        for run_id in ("r1", "r2"):
            staged = tables.staging.stage(frame, StagedPart(run_id, "t"), write=APPEND)
            checked = values_of(staged)
            tables.publish(staged, APPEND, run_id=run_id, staged=StagedPart(run_id, "t"))
        assert values_of(tables.read(tables.pin("t"))) == sorted(checked * 2)
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)


def test_an_empty_text_is_null_in_the_partition_column_that_the_table_has(tables, frame):
    tables.publish(frame([("a", 1)], "k string, n int"), APPEND, run_id="r1")
    staged = tables.staging.stage(
        frame([("", 2)], "K string, n int"), StagedPart("r2", "t"), write=Write(table="t", mode="append")
    )
    assert staged.collect()[0].K is None


def test_an_empty_text_stays_in_other_columns(tables, frame):
    staged = tables.staging.stage(
        frame([("", "")], "k string, n string"), StagedPart("r1", "t"), write=APPEND
    )
    assert [tuple(row) for row in staged.collect()] == [(None, "")]


def test_values_of_char_columns_are_padded_before_they_are_checked(tables, spark, frame, rows):
    address = tables.describe("t").location
    spark.sql(f"CREATE TABLE delta.`{address}` (k CHAR(3), n INT) USING delta")
    staged = tables.staging.stage(frame([("a", 1), ("", 2)], "k string, n int"), StagedPart("r1", "t"))
    assert sorted(row.k for row in staged.collect()) == ["   ", "a  "]
    tables.publish(staged, Write(table="t", mode="append"), run_id="r1", staged=StagedPart("r1", "t"))
    assert rows("t") == [("   ", 2), ("a  ", 1)]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("timestamp'-0005-01-01 00:00:00'", "-0005-01-01"),
        ("X'FF80'", "X'FF80'"),
        ("'a\\u0000b'", "cannot store this value"),
        ("repeat('x', 300)", "too long"),
    ],
)
def test_a_value_that_no_partition_can_have_is_refused(tables, spark, value, message):
    frame = spark.sql(f"SELECT {value} AS k, 1 AS n")
    with pytest.raises(BadData, match=message), translate_spark_errors():
        tables.publish(tables.staging.stage(frame, StagedPart("r1", "t"), write=APPEND), APPEND, run_id="r1")


def test_a_parameter_that_is_empty_replaces_the_partition_of_null(tables, frame):
    write = Write(table="t", mode="replace", by=("k",), partition_by=("k",))
    tables.publish(frame([("", 1), ("a", 1)], "k string, n int"), write, run_id="r1")
    tables.publish(frame([("", 2)], "k string, n int"), write, run_id="r2", values={"k": ""})
    stored = tables.read(tables.pin("t")).collect()
    assert {tuple(row) for row in stored} == {("a", 1), (None, 2)}
