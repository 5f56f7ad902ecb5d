"""A suite in two for rows that come back; no Spark, no Great Expectations."""

from __future__ import annotations

from sparkops.checks.suite.release_suites import of_each_row, of_the_whole
from sparkops.checks.suite.suite_file import load_suite

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


def test_what_one_row_can_break_is_asked_of_each_and_the_rest_of_the_table(tmp_path) -> None:
    path = tmp_path / "t.yml"
    path.write_text(SUITE)
    suite = load_suite(path, "t")
    each, whole = of_each_row(suite), of_the_whole(suite)
    assert [(one.label, one.policy) for one in each.expectations] == [
        ("expect_column_values_to_not_be_null(a)", "quarantine"),
        ("expect_column_values_to_be_between(a, min_value=1)", "quarantine"),
    ]
    assert {one.policy for one in whole.expectations} == {"fail"}
    assert [one.place.line for one in whole.expectations] == [4, 6, 7, 10]
    assert (each.quarantine_limit, whole.quarantine_limit) == (None, None)


def test_a_suite_without_either_kind_is_none(tmp_path) -> None:
    path = tmp_path / "t.yml"
    path.write_text("expectations:\n  - expect_table_row_count_to_be_between: {min_value: 1}\n")
    assert of_each_row(load_suite(path, "t")) is None
    path.write_text("expectations:\n  - expect_column_values_to_not_be_null: {column: a}\n")
    assert of_the_whole(load_suite(path, "t")) is None
