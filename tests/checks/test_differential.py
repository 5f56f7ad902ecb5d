"""The fewer scans change no verdict: the same suites through Great Expectations' own engine give the same results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkops.checks.catalogue import build
from sparkops.checks.library import Library
from sparkops.checks.suite_file import load_suite

pytestmark = pytest.mark.spark

SUITE = """\
expectations:
  - expect_column_values_to_not_be_null: {column: x, mostly: 0.5}
  - expect_column_values_to_be_null: x
  - expect_column_values_to_be_between: {column: x, min_value: 0, max_value: 10}
  - expect_column_values_to_be_between: {column: x, min_value: 0, row_condition: "k > 1"}
  - expect_column_values_to_be_in_set: {column: s, value_set: [a, b], mostly: 0.6}
  - expect_column_values_to_not_be_in_set: {column: s, value_set: [zz]}
  - expect_column_values_to_match_regex: {column: s, regex: "^[a-z]$"}
  - expect_column_value_lengths_to_be_between: {column: s, min_value: 1, max_value: 1}
  - expect_column_values_to_be_unique: k
  - expect_column_values_to_be_of_type: {column: x, type_: DoubleType}
  - expect_column_pair_values_to_be_equal: {column_A: k, column_B: x, ignore_row_if: either_value_is_missing}
  - expect_compound_columns_to_be_unique: [k, s]
  - expect_column_max_to_be_between: {column: k, max_value: 3}
  - expect_column_mean_to_be_between: {column: x, min_value: -100, max_value: 100}
  - expect_column_stdev_to_be_between: {column: k, min_value: 0, max_value: 100}
  - expect_column_median_to_be_between: {column: k, min_value: 0, max_value: 100}
  - expect_column_unique_value_count_to_be_between: {column: s, min_value: 1}
  - expect_column_distinct_values_to_be_in_set: {column: s, value_set: [a, b, c]}
  - expect_column_value_z_scores_to_be_less_than: {column: k, threshold: 3, double_sided: true}
  - expect_table_row_count_to_be_between: {min_value: 1}
  - expect_table_columns_to_match_set: {column_set: [k, x, s]}
  - expect_column_to_exist: nowhere
  - expect_column_values_to_not_be_null: nowhere
  - expect_column_values_to_be_between: {column: s, min_value: 1}
"""

FRAMES: dict[str, list[tuple[Any, ...]]] = {
    "mixed": [(1, 1.0, "a"), (2, None, "b"), (3, float("nan"), "c"), (3, -4.0, None), (5, 11.0, "dd")],
    "all null": [(None, None, None), (None, None, None)],
    "empty": [],
}


def stock(expectations: list[Any], frame: Any) -> dict[int, Any]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark(name="stock", persist=False).add_dataframe_asset("frame")
    suite = context.suites.add(gx.ExpectationSuite(name="suite", expectations=expectations))
    batch = asset.add_batch_definition_whole_dataframe("whole")
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="v", data=batch, suite=suite)
    )
    told = definition.run(batch_parameters={"dataframe": frame}, result_format="BASIC")
    return {one.expectation_config.meta["sparkops"]["position"]: one for one in told.results}


def said(result: Any) -> dict[str, Any]:
    told = result.to_json_dict()
    return {
        "success": told["success"],
        "result": repr(told["result"]),
        "raised": _raised(told["exception_info"]),
    }


def _raised(info: dict[str, Any]) -> bool:
    return any(
        entry.get("raised_exception") for entry in ([info] if "raised_exception" in info else info.values())
    )


@pytest.mark.parametrize("name", list(FRAMES))
def test_every_result_equals_the_stock_engines(tmp_path: Path, spark, name: str) -> None:
    Library().wait()
    from sparkops.checks.checkpoint import run_checkpoint

    (tmp_path / "t.yml").write_text(SUITE, encoding="utf-8")
    suite = load_suite(tmp_path / "t.yml", "t")
    frame = spark.createDataFrame(FRAMES[name], "k INT, x DOUBLE, s STRING").coalesce(1)
    ours = run_checkpoint(suite, dict(enumerate(build(suite))), frame, run_id="r").found
    theirs = stock(build(suite), frame)
    assert sorted(ours) == sorted(theirs) == list(range(len(suite.expectations)))
    for position, expectation in enumerate(suite.expectations):
        assert said(ours[position]) == said(theirs[position]), expectation.label


def test_counts_of_one_frame_take_two_passes_and_a_held_check_fetches_no_values(
    tmp_path: Path, spark
) -> None:
    Library().wait()
    from sparkops.checks.checkpoint import run_checkpoint

    lines = [f"  - expect_column_values_to_not_be_null: {{column: c{i}}}\n" for i in range(8)]
    lines += [f"  - expect_column_max_to_be_between: {{column: c{i}, max_value: 100}}\n" for i in range(8)]
    (tmp_path / "t.yml").write_text("expectations:\n" + "".join(lines), encoding="utf-8")
    suite = load_suite(tmp_path / "t.yml", "t")
    frame = spark.range(50).selectExpr(*[f"id + {i} AS c{i}" for i in range(8)]).coalesce(1)
    before = len(spark.sparkContext.statusTracker().getJobIdsForGroup())
    checked = run_checkpoint(suite, dict(enumerate(build(suite))), frame, run_id="r")
    assert all(result.success for result in checked.results.values())
    jobs = len(spark.sparkContext.statusTracker().getJobIdsForGroup()) - before
    assert jobs <= 4, "two aggregates, each one or two jobs of Spark"
