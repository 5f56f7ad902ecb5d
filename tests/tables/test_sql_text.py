from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

import pytest

from sparkops.core.column_name import quote_column
from sparkops.errors import BadData
from sparkops.tables.sql_text import format_equality, format_literal, format_moment


class Airport(Enum):
    JFK = "JFK"


VALUES = [
    (True, "boolean"),
    (7, "int"),
    (-(2**40), "bigint"),
    (7, "double"),
    (1.5e300, "double"),
    (Decimal("1.50"), "decimal(5,2)"),
    ("it's", "string"),
    ("a\\b\n${c}", "string"),
    (date(2013, 7, 4), "date"),
    (7, "string"),
    (datetime(2013, 7, 4, 1, 2, 3, 456789, tzinfo=UTC), "timestamp"),
    (bytearray(b"\x00\xff'"), "binary"),
]


def test_names_and_values_are_written_as_sql():
    assert quote_column("a`b") == "`a``b`"
    assert format_equality("day", date(2013, 7, 4), "date") == "`day` = DATE '2013-07-04'"
    assert format_equality("origin", Airport.JFK, "string") == "`origin` = 'JFK'"
    assert format_equality("origin", None, "string") == "`origin` IS NULL"
    assert format_equality("month", [1, 2], "int") == "(`month` = 1 OR `month` = 2)"
    assert format_equality("month", [], "int") == "false"


def test_a_value_without_a_literal_is_refused():
    with pytest.raises(BadData, match="cannot be selected by"):
        format_literal(object(), "string")


@pytest.mark.spark
@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_spark_reads_a_literal_as_the_value_it_was_written_from(spark, value, kind):
    from pyspark.sql import functions as F

    column = F.expr(format_literal(value, kind))
    same = F.lit(value).cast(kind)
    row = spark.range(1).select(column.eqNullSafe(same), F.typeof(column)).first()
    assert tuple(row) == (True, kind)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 5, 1, 12, tzinfo=UTC), "2024-05-01 12:00:00Z"),
        (datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2024-05-01 10:00:00Z"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "0000-12-31 22:00:00Z"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-3))), "+10000-01-01 02:00:00Z"),
        (datetime(1, 1, 1), "0001-01-01 00:00:00"),
    ],
)
def test_a_moment_in_a_year_that_python_cannot_hold_is_written_in_utc(value, text):
    assert format_literal(value, "timestamp") == f"TIMESTAMP '{text}'"


@pytest.mark.spark
@pytest.mark.parametrize(
    "microseconds",
    [
        0,
        -1,
        1_720_000_000_123_456,
        253_402_300_800_000_000,
        -62_135_596_800_000_001,
        -62_200_000_000_000_000,
        9 * 10**17,
    ],
)
def test_any_moment_of_spark_has_a_literal(spark, microseconds):
    assert spark.sql(f"SELECT unix_micros({format_moment(microseconds)}) AS m").first().m == microseconds


@pytest.mark.spark
def test_a_time_without_a_zone_is_not_moved_by_a_zone_that_skips_it(spark):
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        literal = format_literal(datetime(2024, 3, 10, 2, 30), "timestamp_ntz")
        assert spark.sql(f"SELECT CAST({literal} AS STRING) AS t").first().t == "2024-03-10 02:30:00"
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
