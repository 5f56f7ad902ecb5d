"""The suite of each row and the suite of the table, for rows released from quarantine."""

from __future__ import annotations

from pathlib import Path

from sparkops.checks.suite.release_suites import select_row_level, select_table_level
from sparkops.checks.suite.suite_file import load_suite
from sparkops.checks.suite.threshold import UNLIMITED, FailureThreshold

SUITE = """
quarantine_limit: 0.1
expectations:
  - expect_table_row_count_to_be_between: {min_value: 1}
  - expect_column_values_to_not_be_null: {column: a}
  - expect_column_values_to_not_be_null: {column: b, mostly: 0.9}
  - expect_column_values_to_be_unique: {column: a, policy: quarantine}
  - expect_column_values_to_be_between: {column: a, min_value: 1, policy: quarantine}
  - expect_column_values_to_be_between: {column: b, min_value: 1, policy: warn}
  - expect_column_mean_to_be_between: {column: a, min_value: 1}
"""
THRESHOLDS = """
quarantine_limit: {rows: 1}
expectations:
  - expect_column_values_to_not_be_null: {column: a, policy: quarantine, fail_over: {rows: 1}}
  - expect_column_values_to_not_be_null: {column: b, policy: warn, fail_over: {rows: 1}}
"""


def test_row_level_expectations_are_in_the_row_suite_and_the_others_in_the_table_suite(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.yml"
    path.write_text(SUITE)
    suite = load_suite(path, "t")
    rows, table = select_row_level(suite), select_table_level(suite)
    assert rows is not None
    assert table is not None
    assert [(expectation.label, expectation.policy) for expectation in rows.expectations] == [
        ("expect_column_values_to_not_be_null(a)", "quarantine"),
        ("expect_column_values_to_be_between(a, min_value=1)", "quarantine"),
    ]
    assert {expectation.policy for expectation in table.expectations} == {"fail"}
    assert [expectation.place.line for expectation in table.expectations] == [4, 6, 7, 10]
    assert (rows.quarantine_limit, table.quarantine_limit) == (UNLIMITED, UNLIMITED)


def test_a_suite_without_expectations_of_one_kind_has_no_such_suite(tmp_path: Path) -> None:
    path = tmp_path / "t.yml"
    path.write_text("expectations:\n  - expect_table_row_count_to_be_between: {min_value: 1}\n")
    assert select_row_level(load_suite(path, "t")) is None
    path.write_text("expectations:\n  - expect_column_values_to_not_be_null: {column: a}\n")
    assert select_table_level(load_suite(path, "t")) is None


def test_the_row_suite_has_no_thresholds_and_the_table_suite_keeps_those_of_warnings(tmp_path: Path) -> None:
    path = tmp_path / "t.yml"
    path.write_text(THRESHOLDS)
    suite = load_suite(path, "t")
    rows, table = select_row_level(suite), select_table_level(suite)
    assert rows is not None
    assert table is not None
    assert [(e.policy, e.fail_over) for e in rows.expectations] == [("quarantine", None)]
    assert [(e.policy, e.fail_over) for e in table.expectations] == [("warn", FailureThreshold(rows=1))]
    assert rows.quarantine_limit == table.quarantine_limit == UNLIMITED
