"""The difference of two multisets of rows: duplicates, nulls, NaN, nested values, and floats with a tolerance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparkops.tables.compare.comparable import count_digits
from sparkops.tables.compare.row_difference import CompareOptions, compare_rows, to_json_value

NAN = float("nan")


def compare(spark: Any, first: list[Any], second: list[Any], schema: str, tolerance: float = 1e-9) -> Any:
    recorded, replayed = (spark.createDataFrame(rows, schema) for rows in (first, second))
    return compare_rows(recorded, replayed, CompareOptions(tolerance=tolerance, examples=3))


@pytest.mark.spark
@pytest.mark.parametrize(
    ("schema", "rows"),
    [
        ("a int, b string", [(1, "x"), (2, None), (None, None), (1, "x")]),
        ("a double, b float", [(NAN, 1.5), (-0.0, NAN), (float("inf"), -0.0), (float("-inf"), 1e-30)]),
        ("a binary, b decimal(20,5)", [(bytearray(b"\x00\xff"), Decimal("1.50000")), (None, None)]),
        ("a map<string,double>, b array<int>", [({"x": 1.0, "y": NAN}, [1, None]), ({}, []), (None, None)]),
        ("a struct<b:int,c:array<double>>", [((1, [0.1, None]),), ((None, None),), (None,)]),
        ("a map<string,map<string,array<double>>>", [({"x": {"y": [1.0, 2.0]}},), ({"x": None},)]),
        ("a timestamp_ntz, b date", [(None, None)]),
    ],
)
def test_reordered_rows_are_identical(spark: Any, schema: str, rows: list[Any]) -> None:
    difference = compare(spark, rows, [*rows[1:], rows[0]], schema)
    assert (difference.recorded, difference.replayed) == (len(rows), len(rows))
    assert difference.is_empty
    assert compare(spark, rows, rows, schema, tolerance=0).is_empty


@pytest.mark.spark
def test_no_rows_are_identical(spark: Any) -> None:
    difference = compare(spark, [], [], "a int")
    assert (difference.recorded, difference.replayed, difference.is_empty) == (0, 0, True)


@pytest.mark.spark
def test_duplicates_count_as_often_as_they_are_missing(spark: Any) -> None:
    difference = compare(spark, [(1,), (1,), (1,), (2,)], [(1,), (2,), (2,)], "a int")
    assert (difference.missing, difference.added) == (2, 1)
    assert [(example.row, example.count) for example in difference.missing_examples] == [({"a": 1}, 2)]
    assert [(example.row, example.count) for example in difference.added_examples] == [({"a": 2}, 1)]


@pytest.mark.spark
def test_the_columns_that_differ_are_named_and_the_examples_are_in_one_order(spark: Any) -> None:
    first = [(1, "x", 1.0), (2, "y", 2.0), (3, "z", None)]
    second = [(3, "z", 4.0), (2, "y", 2.5), (1, "x", 1.0)]
    difference = compare(spark, first, second, "k int, t string, v double")
    assert difference.columns == ("v",)
    assert [example.row["k"] for example in difference.missing_examples] == [2, 3]
    assert [example.row["v"] for example in difference.added_examples] == [2.5, 4.0]
    only = compare(spark, first, first[:2], "k int, t string, v double")
    assert (only.missing, only.added, only.columns) == (1, 0, ())


@pytest.mark.spark
def test_floats_within_the_tolerance_are_equal_also_beside_a_rounding_limit(spark: Any) -> None:
    values = [1.0, 10.0, 0.1 + 0.2, 123456.7890625, 1e-300, 9.9999999995, -4.35, 1e308]
    first = [(number, value) for number, value in enumerate(values)]
    second = [
        (number, value * (1 + 2e-16 * sign)) for sign, (number, value) in zip([1, -1] * 4, first, strict=True)
    ]
    assert compare(spark, first, second, "n int, v double").is_empty
    # Both sides of a limit between two roundings: 1.0000000005 is rounded to 10 digits either way.
    near = compare(spark, [(1.00000000049999,)], [(1.00000000050001,)], "v double")
    assert near.is_empty
    assert (near.recorded, near.replayed) == (1, 1)
    assert not compare(spark, [(1.0,)], [(1.00000001,)], "v double").is_empty
    assert compare(spark, [(1.0,)], [(1.00000001,)], "v double", tolerance=1e-6).is_empty
    assert not compare(spark, [(1.0,)], [(1.0 + 1e-15,)], "v double", tolerance=0).is_empty


@pytest.mark.spark
def test_null_nan_and_empty_values_are_different(spark: Any) -> None:
    assert not compare(spark, [(None,)], [(NAN,)], "v double").is_empty
    assert not compare(spark, [(None, "a")], [("a", None)], "a string, b string").is_empty
    assert not compare(spark, [([],)], [(None,)], "v array<int>").is_empty
    assert not compare(spark, [([1, None],)], [([None, 1],)], "v array<int>").is_empty
    assert not compare(spark, [("",)], [(None,)], "v string").is_empty
    assert not compare(spark, [(Decimal("1.10"),)], [(Decimal("1.11"),)], "v decimal(9,2)").is_empty
    difference = compare(spark, [(bytearray(b"a"),)], [(bytearray(b"b"),)], "v binary")
    assert difference.missing_examples[0].row == {"v": "X'61'"}


@pytest.mark.spark
def test_many_differing_rows_are_counted_without_being_collected(spark: Any) -> None:
    recorded, replayed = (
        spark.range(5000).selectExpr("id", f"id * {factor} AS v", "cast(id AS string) AS t", "X'00' AS b")
        for factor in (1, 2)
    )
    difference = compare_rows(recorded, replayed, CompareOptions(tolerance=1e-9, examples=2))
    assert (difference.missing, difference.added, difference.columns) == (4999, 4999, ("v",))
    pairs = zip(difference.missing_examples, difference.added_examples, strict=True)
    assert all(first.row["id"] == second.row["id"] for first, second in pairs)


def test_the_digits_of_floats_to_compare_follow_from_the_tolerance() -> None:
    assert count_digits(0) is None
    assert count_digits(1e-9) == 10


def test_example_values_are_json_values_of_limited_length() -> None:
    assert to_json_value({"a": [Decimal("1.5"), NAN, b"\x01", None, True]}) == {
        "a": ["1.5", "nan", "X'01'", None, True]
    }
    assert len(to_json_value("x" * 1000)) == 200
