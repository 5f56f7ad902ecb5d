"""The slice of a `replace`: its condition, its partition values, and the same refusals by both backends."""

from __future__ import annotations

from datetime import date, datetime
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
        replaced.condition(frame)


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
