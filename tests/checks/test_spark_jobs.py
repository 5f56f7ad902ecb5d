"""The Spark jobs of a checkpoint: one for all aggregates, one for samples, one for each expectation with its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkops.checks.checks import Checks
from sparkops.checks.outcome import CheckpointOutcome
from sparkops.config.settings import Settings

pytestmark = pytest.mark.spark

AGGREGATED = [
    "expect_table_row_count_to_equal: {value: 50}",
    "expect_column_values_to_not_be_null: {column: a, row_condition: b > 3}",
    "expect_column_values_to_be_between: {column: b, max_value: 1000, mostly: 0.9}",
    "expect_column_pair_values_a_to_be_greater_than_b: {column_A: b, column_B: a}",
    "expect_multicolumn_sum_to_equal: {column_list: [a, b], sum_total: 7, mostly: 0.0, row_condition: a = 3}",
    "expect_column_max_to_be_between: {column: a, max_value: 100}",
    "expect_column_median_to_be_between: {column: a, max_value: 100}",
    "expect_column_type_to_be: {column: a, type_: LongType}",
]
FAILING = [
    "expect_column_values_to_be_between: {column: a, max_value: 10}",
    "expect_column_values_to_be_in_set: {column: b, value_set: [1, 2]}",
    "expect_column_pair_values_to_be_equal: {column_A: a, column_B: b}",
]


@pytest.fixture
def check_and_count_jobs(spark, tmp_path: Path) -> Iterator[Any]:
    """Return a function that checks a frame of one partition and counts the Spark jobs."""
    frame = spark.range(50).selectExpr("id AS a", "id + 1 AS b").coalesce(1)
    checks = Checks(Settings(root=tmp_path, env="base", state=tmp_path / ".sparkops"))

    def check(*lines: str) -> tuple[CheckpointOutcome, int]:
        folder = tmp_path / "conf" / "checks"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "t.yml").write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines))
        suite = checks.find_suite("t")
        assert suite is not None
        group = uuid.uuid4().hex
        spark.sparkContext.setJobGroup(group, group)
        outcome = checks.run_checkpoint(suite, frame, table="t", run_id="r")
        return outcome, len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))

    yield check
    spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)


def test_all_aggregates_take_one_job(check_and_count_jobs) -> None:
    outcome, jobs = check_and_count_jobs(*AGGREGATED)
    assert all(result.success for result in outcome.results), outcome.results
    assert jobs == 1


def test_the_samples_of_all_failures_take_one_more_job(check_and_count_jobs) -> None:
    outcome, jobs = check_and_count_jobs(*AGGREGATED, *FAILING)
    assert [len(result.samples) for result in outcome.failed] == [20, 20, 20]
    assert outcome.failed[0].samples[:2] == (11, 12)
    assert jobs == 2


def test_expectations_about_the_schema_need_no_job_but_the_row_count(check_and_count_jobs) -> None:
    _, jobs = check_and_count_jobs(
        "expect_column_to_exist: a", "expect_table_column_count_to_equal: {value: 2}"
    )
    assert jobs == 1


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_values_to_be_unique: a",
        "expect_compound_columns_to_be_unique: [a, b]",
        "expect_column_unique_value_count_to_be_between: {column: a, max_value: 50}",
        "expect_column_distinct_values_to_contain_set: {column: a, value_set: [1, 2]}",
        "expect_column_values_to_be_increasing: a",
        "expect_column_value_z_scores_to_be_less_than: {column: a, threshold: 5, double_sided: true}",
    ],
)
def test_an_expectation_that_is_no_aggregate_takes_one_job_of_its_own(
    check_and_count_jobs, line: str
) -> None:
    outcome, jobs = check_and_count_jobs(*AGGREGATED, line)
    assert all(result.success for result in outcome.results), outcome.results
    assert jobs == 2


def test_quarantined_rows_are_counted_in_the_job_that_checks_the_remaining_rows(check_and_count_jobs) -> None:
    line = "expect_column_values_to_be_between: {column: a, max_value: 44, policy: quarantine}"
    outcome, jobs = check_and_count_jobs(*AGGREGATED[1:], line)
    assert (outcome.rows, outcome.quarantined) == (50, 5)
    assert jobs == 3, "the check, the samples, the check of the remaining rows"
