"""The slice of a `replace`: its condition, its partition values, and the same refusals by both backends."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum

import pytest

from sparkops.errors import BadData, TableError
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.backends.replaced_slice import ReplacedSlice, cast_to_text

FOURTH = date(2013, 7, 4)


# the text of such a member is `Airport.JFK`, which is not its value
class Airport(str, Enum):  # noqa: UP042
    JFK = "JFK"


class Gate(IntEnum):
    FIRST = 1


@pytest.mark.spark
@pytest.mark.parametrize(
    ("value", "type_name", "text"),
    [
        (7, "int", "7"),
        ("07", "int", "7"),
        (" 7 ", "int", "7"),
        (Gate.FIRST, "int", "1"),
        (7, "string", "7"),
        ("07", "string", "07"),
        (" a", "string", " a"),
        ("", "string", ""),
        (True, "string", "true"),
        (Decimal("1.50"), "string", "1.50"),
        (Airport.JFK, "string", "JFK"),
        (FOURTH, "date", "2013-07-04"),
        (FOURTH, "string", "2013-07-04"),
        (datetime(2013, 7, 4, 12), "date", "2013-07-04"),
        ("2013-07-04", "date", "2013-07-04"),
        ("2013-7-4", "date", "2013-07-04"),
        (" 2013-07-04 ", "date", "2013-07-04"),
        ("TRUE", "boolean", "true"),
        ("1.50", "decimal(5,2)", "1.50"),
        (-0.0, "double", "-0.0"),
        (True, "int", "1"),
    ],
)
def test_a_parameter_is_cast_to_the_type_of_its_column(spark, value, type_name, text):
    frame = spark.createDataFrame([], f"k {type_name}")
    assert cast_to_text(value, frame.schema["k"], frame) == text


@pytest.mark.spark
@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("seven", "int"),
        (300, "tinyint"),
        ("1.0", "int"),
        ("20130704x", "date"),
        (7, "date"),
        ("x", "boolean"),
    ],
)
def test_a_parameter_that_cannot_be_cast_is_refused(spark, value, type_name):
    frame = spark.createDataFrame([], f"k {type_name}")
    with pytest.raises(BadData, match=f"Parameter `k` is {value!r}, and Spark cannot cast it to {type_name}"):
        cast_to_text(value, frame.schema["k"], frame)


@pytest.fixture(params=["delta-rs", "Spark"])
def tables(request, spark, make_settings) -> Tables:
    """Return the tables of a project, for each backend."""
    return Tables(spark, make_settings(commits="spark" if request.param == "Spark" else "auto"))


@pytest.mark.matrix(every=5)
@pytest.mark.spark
@pytest.mark.parametrize(
    ("column_type", "values", "parameter"),
    [
        ("int", (7, 8), "07"),
        ("int", (7, 8), 7),
        ("string", ("7", "8"), 7),
        ("string", ("JFK", "LGA"), Airport.JFK),
        ("string", ("2013-07-04", "x"), FOURTH),
        ("string", (" a", "a"), " a"),
        ("date", (FOURTH, date(2013, 7, 5)), "2013-7-4"),
        ("date", (FOURTH, date(2013, 7, 5)), datetime(2013, 7, 4, 23, 59)),
        ("int", (1, 2), Gate.FIRST),
        ("decimal(5,2)", (Decimal("1.50"), Decimal("2.00")), 1.5),
        ("double", (0.0, 1.0), -0.0),
        ("int", (7, 8), [7]),
        ("boolean", (True, False), True),
    ],
)
def test_a_parameter_of_another_type_replaces_the_same_partition(
    tables, frame, rows, column_type, values, parameter
):
    schema = f"k {column_type}, n int"
    write = Write(table="t", mode="replace", by=("k",), partition_by=("k",))
    tables.publish(frame([(value, 1) for value in values], schema), write, run_id="r1")
    tables.publish(frame([(values[0], 2)], schema), write, run_id="r2", values={"k": parameter})
    assert rows("t") == sorted([(values[0], 2), (values[1], 1)])
    with pytest.raises(BadData, match="returned a row outside of that"):
        tables.publish(frame([(values[1], 3)], schema), write, run_id="r3", values={"k": parameter})
    tables.publish(frame([], schema), write, run_id="r4", values={"k": parameter})
    assert rows("t") == [(values[1], 1)]


@pytest.mark.spark
def test_a_null_is_not_the_partition_whose_name_is_none(tables, frame):
    write = Write(table="t", mode="replace", by=("k",), partition_by=("k",))
    with pytest.raises(BadData, match="returned a row outside of that"):
        tables.publish(frame([(None, 1)], "k string, n int"), write, run_id="r1", values={"k": "None"})


@pytest.mark.spark
def test_too_many_values_for_a_condition_are_refused(spark):
    frame = spark.range(1001)
    replaced = ReplacedSlice.from_parameters(["id"], {}, frame)
    with pytest.raises(TableError, match="more than 1,000 values of `id`"):
        replaced.build_condition(frame)


SALES = "day date, shop string, n int"
FIFTH = date(2013, 7, 5)


@pytest.mark.spark
def test_a_parameter_of_none_does_not_limit_the_slice_beside_one_with_a_value(tables, frame, rows):
    write = Write(table="t", mode="replace", by=("day", "shop"))
    before = [(FOURTH, "north", 1), (FOURTH, "west", 1), (FIFTH, "north", 1)]
    tables.publish(frame(before, SALES), write, run_id="r1")
    # the whole day is replaced: no row of the west is left
    tables.publish(
        frame([(FOURTH, "north", 2)], SALES), write, run_id="r2", values={"day": FOURTH, "shop": None}
    )
    assert rows("t") == [(FOURTH, "north", 2), (FIFTH, "north", 1)]
    # without any value, the values in the frame define the slice
    no_values = {"day": None, "shop": None}
    tables.publish(frame([(FIFTH, "west", 3)], SALES), write, run_id="r3", values=no_values)
    assert rows("t") == [(FOURTH, "north", 2), (FIFTH, "north", 1), (FIFTH, "west", 3)]
    # a column without a parameter is defined by the frame
    tables.publish(frame([(FIFTH, "north", 4)], SALES), write, run_id="r4", values={"day": FIFTH})
    assert rows("t") == [(FOURTH, "north", 2), (FIFTH, "north", 4), (FIFTH, "west", 3)]


@pytest.mark.matrix(every=5)
@pytest.mark.spark
@pytest.mark.parametrize(
    ("write", "values", "removed"),
    [
        ({"mode": "overwrite"}, {}, 3),
        ({"mode": "append"}, {}, 0),
        ({"mode": "merge", "by": ("day",)}, {}, 0),
        ({"mode": "replace", "by": ("day", "shop")}, {"day": FOURTH, "shop": "north"}, 1),
        ({"mode": "replace", "by": ("day", "shop")}, {"day": FOURTH, "shop": None}, 2),
        ({"mode": "replace", "by": ("day", "shop")}, {"day": FOURTH, "shop": "nowhere"}, 0),
        ({"mode": "replace", "by": ("day", "shop")}, {"day": FOURTH}, 0),
        ({"mode": "replace", "by": ("day",)}, {}, 0),
        ({"mode": "replace", "by": ("other",)}, {"other": 1}, 0),
    ],
    ids=str,
)
def test_the_rows_that_an_empty_frame_removes_are_counted(tables, frame, rows, write, values, removed):
    before = [(FOURTH, "north", 1), (FOURTH, "west", 1), (FIFTH, "north", 1)]
    assert tables.count_removed(Write(table="t", **write), values) == 0
    tables.publish(frame(before, SALES), Write(table="t"), run_id="r1")
    assert tables.count_removed(Write(table="t", **write), values) == removed
    if "other" not in values:
        tables.publish(frame([], SALES), Write(table="t", **write), run_id="r2", values=values)
        assert len(rows("t")) == 3 - removed


EXTREMES = """
    SELECT * FROM VALUES
        (timestamp'+10000-01-02 03:04:05.123456', timestamp_ntz'-0001-02-03 04:05:06', date'+10001-02-03', 1),
        (timestamp'0000-12-31 22:00:00', timestamp_ntz'+10000-01-01 00:00:00', date'-0044-03-15', 2),
        (timestamp'2024-03-10 07:30:00', timestamp_ntz'2024-03-10 02:30:00', date'2024-03-10', 3),
        (NULL, NULL, NULL, 4)
    AS rows(at, ntz, day, n)
"""


@pytest.mark.matrix(every=5)
@pytest.mark.spark
@pytest.mark.parametrize("by", [("at",), ("ntz",), ("day",), ("at", "day"), ("n", "at")], ids=str)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_slices_of_any_date_and_time_are_replaced(spark, tables, by, zone):
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        frame = spark.sql(EXTREMES).coalesce(1)
        tables.publish(frame, Write(table="t"), run_id="r1")
        write = Write(table="t", mode="replace", by=by)
        # each of the first three rows, then the row of null, replaces itself and nothing else
        for number in (1, 2, 3, 4):
            again = frame.where(f"n = {number}")
            tables.publish(again, write, run_id=f"r1{number}")
            assert tables.count("t") == 4
        assert tables.read(tables.pin("t")).exceptAll(frame).isEmpty()
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


@pytest.mark.spark
@pytest.mark.parametrize("column", ["day", "at"])
def test_partitions_of_any_date_and_time_are_replaced(spark, tables, column):
    rows = "date'+10001-02-03'", "date'2024-03-10'", "date'9999-12-31'"
    frame = spark.sql(f"SELECT explode(array({', '.join(rows)})) AS day").selectExpr(
        "CAST(day AS timestamp) AS at", "day", "1 AS n"
    )
    write = Write(table="t", mode="replace", by=(column,), partition_by=(column,))
    tables.publish(frame.coalesce(1), write, run_id="r1")
    tables.publish(frame.where("day > '9999-12-31'").selectExpr("at", "day", "2 AS n"), write, run_id="r2")
    stored = tables.read(tables.pin("t")).selectExpr("CAST(day AS STRING) AS day", "n").collect()
    assert sorted(map(tuple, stored)) == [("+10001-02-03", 2), ("2024-03-10", 1), ("9999-12-31", 1)]


@pytest.mark.spark
def test_a_row_outside_of_the_slice_is_shown_whatever_its_dates(spark, tables):
    frame = spark.sql("SELECT 1 AS shop, date'+10000-01-01' AS day")
    write = Write(table="t", mode="replace", by=("shop",))
    with pytest.raises(BadData, match=r"returned a row outside of that: .*'day': '\+10000-01-01'"):
        tables.publish(frame, write, run_id="r1", values={"shop": 2})


@pytest.mark.spark
def test_a_parameter_near_the_first_year_selects_its_slice(spark, tables):
    moment = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    frame = spark.sql("SELECT timestamp'0000-12-31 22:00:00Z' AS at, 1 AS n")
    tables.publish(frame, Write(table="t"), run_id="r1")
    write = Write(table="t", mode="replace", by=("at",))
    tables.publish(frame.selectExpr("at", "2 AS n"), write, run_id="r2", values={"at": moment})
    assert [row.n for row in tables.read(tables.pin("t")).select("n").collect()] == [2]


@pytest.mark.spark
def test_binary_slices_are_replaced(tables, frame):
    schema = "k binary, n int"
    tables.publish(frame([(b"\x00", 1), (b"'", 1)], schema), Write(table="t"), run_id="r1")
    write = Write(table="t", mode="replace", by=("k",))
    tables.publish(frame([(b"'", 2)], schema), write, run_id="r2")
    stored = tables.read(tables.pin("t")).collect()
    assert sorted((bytes(row.k), row.n) for row in stored) == [(b"\x00", 1), (b"'", 2)]
