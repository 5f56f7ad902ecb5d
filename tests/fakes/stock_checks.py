"""A suite of every expectation with a planner, frames for it, and the results of Great Expectations' own engine."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite

SCHEMA = (
    "k INT, n BIGINT, x DOUBLE, f FLOAT, s STRING, m DECIMAL(10, 2), day DATE, at TIMESTAMP, ok BOOLEAN, "
    "`a.b` STRING, `home port` STRING, p STRUCT<q: INT>"
)
ROWS = """\
expect_column_values_to_not_be_null: {column: x, mostly: 0.5}
expect_column_values_to_not_be_null: {column: s, row_condition: "k > 1"}
expect_column_values_to_not_be_null: a.b
expect_column_values_to_not_be_null: nowhere
expect_column_values_to_be_null: x
expect_column_values_to_be_null: {column: p.q, mostly: 0.1}
expect_column_values_to_be_between: {column: x, min_value: 0, max_value: 10}
expect_column_values_to_be_between: {column: x, min_value: 0, strict_min: true, mostly: 0.5, row_condition: "k > 1 OR s = 'a'"}
expect_column_values_to_be_between: {column: m, min_value: 0.5, max_value: 3, strict_max: true}
expect_column_values_to_be_between: {column: day, min_value: 2013-01-02, max_value: 2013-01-04}
expect_column_values_to_be_between: {column: at, max_value: "2013-01-02 10:00:00"}
expect_column_values_to_be_between: {column: k, min_value: 3, max_value: 1}
expect_column_values_to_be_between: {column: s, min_value: 1}
expect_column_values_to_be_between: {column: ok, max_value: 1}
expect_column_values_to_be_between: {column: K, max_value: 4}
expect_column_values_to_be_between: {column: k, max_value: 4, row_condition: "no such column > 1"}
expect_column_values_to_be_in_set: {column: s, value_set: [a, b], mostly: 0.6}
expect_column_values_to_be_in_set: {column: k, value_set: [1, 2, null]}
expect_column_values_to_be_in_set: {column: k, value_set: [one, two]}
expect_column_values_to_be_in_set: {column: day, value_set: [2013-01-01, 2013-01-02]}
expect_column_values_to_not_be_in_set: {column: s, value_set: [dd, zz]}
expect_column_values_to_match_regex: {column: s, regex: "^[a-z]$"}
expect_column_values_to_match_regex: {column: home port, regex: "("}
expect_column_values_to_not_match_regex: {column: home port, regex: "a", mostly: 0.9}
expect_column_values_to_match_regex_list: {column: s, regex_list: ["^a", "^b"]}
expect_column_values_to_match_regex_list: {column: s, regex_list: ["a", "d"], match_on: all}
expect_column_values_to_not_match_regex_list: {column: s, regex_list: ["a", "d"]}
expect_column_value_lengths_to_be_between: {column: s, min_value: 1, max_value: 1}
expect_column_value_lengths_to_be_between: {column: a.b, max_value: 2, strict_max: true}
expect_column_value_lengths_to_equal: {column: s, value: 1}
expect_column_pair_values_to_be_equal: {column_A: k, column_B: x, ignore_row_if: either_value_is_missing}
expect_column_pair_values_to_be_equal: {column_A: k, column_B: x, row_condition: "k > 1"}
expect_column_pair_values_a_to_be_greater_than_b: {column_A: x, column_B: k, ignore_row_if: neither}
expect_column_pair_values_a_to_be_greater_than_b: {column_A: x, column_B: k, or_equal: true, mostly: 0.3}
expect_column_pair_values_to_be_in_set: {column_A: k, column_B: s, value_pairs_set: [[1, a], [2, null]]}
expect_multicolumn_sum_to_equal: {column_list: [k, n], sum_total: 3}
expect_multicolumn_sum_to_equal: {column_list: [x, m, k], sum_total: 3.5, ignore_row_if: any_value_is_missing}
expect_multicolumn_values_to_be_equal: {column_list: [k, n, x], ignore_row_if: never}
expect_select_column_values_to_be_unique_within_record: {column_list: [k, n], row_condition: "k > 1"}
expect_column_value_z_scores_to_be_less_than: {column: k, threshold: 1, double_sided: true}
expect_column_value_z_scores_to_be_less_than: {column: x, threshold: 1, double_sided: false}
expect_column_values_to_not_be_outliers: {column: n, multiplier: 0.5}
expect_column_values_to_not_be_outliers: {column: m, method: std, multiplier: 1}
"""
KEYS = """\
expect_column_values_to_be_unique: k
expect_column_values_to_be_unique: {column: x, mostly: 0.1, row_condition: "k > 1"}
expect_compound_columns_to_be_unique: [k, s]
expect_compound_columns_to_be_unique: {column_list: [k, x], ignore_row_if: any_value_is_missing}
expect_column_unique_value_count_to_be_between: {column: s, min_value: 1, max_value: 2}
expect_column_unique_value_count_to_be_between: {column: x, min_value: 1}
expect_column_proportion_of_unique_values_to_be_between: {column: k, min_value: 0.9}
expect_column_distinct_values_to_be_in_set: {column: s, value_set: [a, b, c]}
expect_column_distinct_values_to_contain_set: {column: s, value_set: [a, zz]}
expect_column_distinct_values_to_equal_set: {column: ok, value_set: [true, false]}
expect_column_distinct_values_to_equal_set: {column: day, value_set: [2013-01-01, "2013-01-02"]}
expect_column_most_common_value_to_be_in_set: {column: s, value_set: [a, b], ties_okay: true}
expect_column_most_common_value_to_be_in_set: {column: day, value_set: [2013-01-02]}
expect_column_values_to_be_increasing: {column: k, strictly: true, mostly: 0.5}
expect_column_values_to_be_increasing: {column: day}
expect_column_values_to_be_decreasing: {column: m}
expect_column_values_to_be_decreasing: {column: s}
"""
AGGREGATES = """\
expect_column_min_to_be_between: {column: day, min_value: 2013-01-02}
expect_column_min_to_be_between: {column: s, min_value: 1}
expect_column_max_to_be_between: {column: k, max_value: 3, strict_max: true}
expect_column_max_to_be_between: {column: x, max_value: 3}
expect_column_max_to_be_between: {column: at, max_value: 2013-01-02}
expect_column_mean_to_be_between: {column: m, min_value: -100, max_value: 100}
expect_column_mean_to_be_between: {column: s, min_value: 0}
expect_column_mean_to_be_between: {column: k, min_value: 3, row_condition: "s = 'a'"}
expect_column_sum_to_be_between: {column: n, min_value: 0}
expect_column_sum_to_be_between: {column: m, max_value: 1}
expect_column_stdev_to_be_between: {column: k, min_value: 0, max_value: 100}
expect_column_stdev_to_be_between: {column: f, max_value: 1}
expect_column_median_to_be_between: {column: k, min_value: 0, max_value: 100}
expect_column_median_to_be_between: {column: x, max_value: 1, row_condition: "k > 1"}
expect_column_median_to_be_between: {column: s, max_value: 1}
expect_column_quantile_values_to_be_between: {column: m, quantile_ranges: {quantiles: [0.0, 0.1, 0.333, 0.9, 1.0], value_ranges: [[-5, 0], [null, 1], [0, 3], [1, null], [1, 9]]}}
expect_column_proportion_of_non_null_values_to_be_between: {column: x, min_value: 0.9}
expect_table_row_count_to_be_between: {min_value: 1}
expect_table_row_count_to_equal: {value: 2, row_condition: "k > 1"}
expect_table_column_count_to_be_between: {min_value: 1, max_value: 12}
expect_table_column_count_to_equal: {value: 13}
expect_table_columns_to_match_set: {column_set: [k, x, s]}
expect_table_columns_to_match_set: {column_set: [k, x, s], exact_match: false}
expect_table_columns_to_match_ordered_list: {column_list: [k, n, s]}
expect_column_to_exist: nowhere
expect_column_to_exist: {column: n, column_index: 1}
expect_column_type_to_be: {column: s, type_: StringType}
expect_column_type_to_be: {column: s, type_: Text}
expect_column_values_to_be_of_type: {column: x, type_: DoubleType}
expect_column_values_to_be_in_type_list: {column: m, type_list: [DoubleType, DecimalType]}
expect_column_values_to_be_in_type_list: {column: nowhere, type_list: [DoubleType]}
"""


def mixed_rows(seed: int, count: int) -> list[tuple[Any, ...]]:
    """Return rows of every type with missing values, NaN and duplicates among them."""
    draw = random.Random(seed)
    days = [date(2013, 1, day) for day in range(1, 5)]

    def one() -> tuple[Any, ...]:
        row = (
            draw.randint(1, 4),
            draw.choice([1, 2, 3, -(2**62), 2**62]),
            draw.choice([1.0, 3.0, float("nan"), -4.0, 11.0, 2.0]),
            draw.choice([0.5, 1.5]),
            draw.choice(["a", "b", "c", "dd", ""]),
            Decimal(draw.randint(-400, 900)) / 100,
            draw.choice(days),
            datetime(2013, 1, draw.randint(1, 4), draw.randint(0, 23)),
            draw.choice([True, False]),
            draw.choice(["a", "bb"]),
            draw.choice(["JFK", "a", "LGA"]),
            (draw.randint(1, 3),),
        )
        return tuple(None if draw.random() < 0.2 else value for value in row)

    return [one() for _ in range(count)]


FRAMES: dict[str, list[tuple[Any, ...]]] = {
    "mixed": mixed_rows(7, 40),
    "all null": [(None,) * 12] * 2,
    "empty": [],
}


def suite_of(folder: Path, lines: str) -> Suite:
    text = "expectations:\n" + "".join(f"  - {line}\n" for line in lines.splitlines())
    (folder / "t.yml").write_text(text, encoding="utf-8")
    return load_suite(folder / "t.yml", "t")


# Name of a case to whether ANSI mode is on.
CASES = {"mixed": True, "all null": True, "empty": True, "mixed without ANSI": False}


def frame_of(spark: Any, case: str) -> Any:
    """Return the frame of a case, in one partition, so that its rows have one order."""
    return spark.createDataFrame(FRAMES[case.removesuffix(" without ANSI")], SCHEMA).coalesce(1)


def lines_of(case: str) -> str:
    """Return the expectations of a case.

    All of them for rows of every type, those that compare and cast for the case without ANSI mode, and every second one
    for each of the frames without values.
    """
    if not CASES[case]:
        return ROWS
    lines = (ROWS + KEYS + AGGREGATES).splitlines()
    return "\n".join(lines if case == "mixed" else lines[case == "empty" :: 2])


def evaluate_with_stock_engine(expectations: list[Any], frame: Any) -> dict[int, dict[str, Any]]:
    """Return the results of Great Expectations' Spark engine by position, in the form in which they are recorded."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark(name="stock", persist=False).add_dataframe_asset("frame")
    # Validated without storing: the store cannot write the result of the quantile expectation, a boolean of NumPy.
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    validation = batch.validate(
        gx.ExpectationSuite(name="suite", expectations=expectations), result_format="BASIC"
    )
    return {
        result.expectation_config.meta["sparkops"]["position"]: _to_recorded(result.to_json_dict())
        for result in validation.results
    }


def _to_recorded(result: dict[str, Any]) -> dict[str, Any]:
    info = result["exception_info"]
    entries = [info] if "raised_exception" in info else list(info.values())
    return {
        "success": bool(result["success"]),
        "result": comparable(result["result"]),
        "raised": any(entry.get("raised_exception") for entry in entries),
    }


def comparable(result: Any) -> str:
    """Return a result as JSON; samples of distinct values are sorted, because their order is not defined."""
    if result.get("observed_value", 0) is None and "unexpected_count" in result:
        result = {**result, "partial_unexpected_list": sorted(result["partial_unexpected_list"], key=repr)}
    return json.dumps(result, sort_keys=True)


@contextmanager
def ansi(spark: Any, *, on: bool) -> Iterator[None]:
    """Set Spark's ANSI mode inside the context."""
    before = spark.conf.get("spark.sql.ansi.enabled")
    spark.conf.set("spark.sql.ansi.enabled", str(on).lower())
    try:
        yield
    finally:
        spark.conf.set("spark.sql.ansi.enabled", before)
