"""Every core expectation has a planner or is left to Great Expectations; a valid suite is cached by its content."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

from sparkops.checks.execution.suite_cache import compile_suite, load_compiled_suite
from sparkops.checks.expectations.planners import PLANNERS
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import ConfigError

# Importing Great Expectations warns.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")

OWN_JOB = {
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_unique",
    "expect_column_values_to_not_be_outliers",
    "expect_compound_columns_to_be_unique",
}
BY_GREAT_EXPECTATIONS = {
    # These run Python functions on Spark's workers.
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_strftime_format",
    # It needs a histogram.
    "expect_column_kl_divergence_to_be_less_than",
    # These run queries that the author of the suite wrote.
    "expect_query_results_to_match_comparison",
    "unexpected_rows_expectation",
    # Great Expectations does not implement these for Spark.
    "expect_table_row_count_to_equal_other_table",
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than",
    "expect_column_chisquare_test_p_value_to_be_greater_than",
    "expect_column_pair_cramers_phi_value_to_be_less_than",
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_multicolumn_values_to_be_unique",
}


def read_suite(folder: Path, *lines: str) -> Suite:
    path = folder / "t.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "t")


def test_every_core_expectation_has_a_planner_or_is_evaluated_by_great_expectations() -> None:
    GxLibrary().ensure_imported()
    from great_expectations.expectations import core

    core_names = {
        name
        for _, name, _ in pkgutil.iter_modules(core.__path__)
        if name.endswith("_expectation") or name[:7] == "expect_"
    }
    assert core_names == set(PLANNERS) | BY_GREAT_EXPECTATIONS
    assert not set(PLANNERS) & BY_GREAT_EXPECTATIONS
    assert {name for name, planner in PLANNERS.items() if planner.own_job} == OWN_JOB


def test_a_valid_suite_is_cached_by_content_with_the_arguments_as_great_expectations_parsed_them(
    tmp_path: Path,
) -> None:
    GxLibrary().ensure_imported()
    suite = read_suite(
        tmp_path, 'expect_column_values_to_be_between: {column: a, min_value: 1, max_value: "2013-01-02"}'
    )
    assert load_compiled_suite(suite, tmp_path) is None
    compiled = compile_suite(suite, tmp_path)
    loaded = load_compiled_suite(suite, tmp_path)
    assert loaded == compiled
    assert repr(loaded.native[0][1]["max_value"]) == "datetime.date(2013, 1, 2)"
    assert (
        load_compiled_suite(read_suite(tmp_path, "expect_column_values_to_not_be_null: a"), tmp_path) is None
    )


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_values_to_be_json_parseable: a",
        "expect_column_max_to_be_between: {column: a, max_value: {$PARAMETER: most}}",
        "expect_column_values_to_not_be_null: {column: a, result_format: COMPLETE}",
        "expect_column_pair_values_to_be_in_set: {column_A: a, column_B: b, value_pairs_set: [[1, 2]], row_condition: a > 1}",
    ],
)
def test_an_argument_that_a_planner_does_not_support_is_left_to_great_expectations(
    tmp_path: Path, line: str
) -> None:
    GxLibrary().ensure_imported()
    assert compile_suite(read_suite(tmp_path, line), tmp_path).by_gx == (0,)


def test_an_invalid_suite_is_not_cached(tmp_path: Path) -> None:
    GxLibrary().ensure_imported()
    suite = read_suite(tmp_path, "expect_column_values_to_not_be_null: {column: a, mostly: 2}")
    with pytest.raises(ConfigError, match="mostly"):
        compile_suite(suite, tmp_path)
    assert load_compiled_suite(suite, tmp_path) is None


def test_a_damaged_file_in_the_cache_is_ignored(tmp_path: Path) -> None:
    GxLibrary().ensure_imported()
    suite = read_suite(tmp_path, "expect_column_values_to_not_be_null: a")
    compile_suite(suite, tmp_path / "cache")
    [file] = (tmp_path / "cache").iterdir()
    for text in ("", "[", "{}", "[]"):
        file.write_text(text, encoding="utf-8")
        assert load_compiled_suite(suite, tmp_path / "cache") is None
