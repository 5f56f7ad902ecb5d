"""Each core expectation is folded, costs a job of its own, or is judged by Great Expectations; none is forgotten."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

from sparkops.checks.execution.compiled_suite import compile_suite, kept
from sparkops.checks.expectations.registry import RULES
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import ConfigError

pytestmark = pytest.mark.filterwarnings(
    "ignore:module 'sre_:DeprecationWarning"
)  # Great Expectations' import

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
    "expect_column_values_to_be_json_parseable",  # functions of Python on Spark's workers
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_strftime_format",
    "expect_column_kl_divergence_to_be_less_than",  # a histogram first
    "expect_query_results_to_match_comparison",  # queries of the author's
    "unexpected_rows_expectation",
    "expect_table_row_count_to_equal_other_table",  # from here on, Great Expectations itself has nothing for Spark
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than",
    "expect_column_chisquare_test_p_value_to_be_greater_than",
    "expect_column_pair_cramers_phi_value_to_be_less_than",
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_multicolumn_values_to_be_unique",
}


def suite_of(folder: Path, *lines: str) -> Suite:
    path = folder / "t.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "t")


def test_every_core_expectation_has_its_way() -> None:
    Library().wait()
    from great_expectations.expectations import core

    known = {
        name
        for _, name, _ in pkgutil.iter_modules(core.__path__)
        if name.endswith("_expectation") or name[:7] == "expect_"
    }
    assert known == set(RULES) | BY_GREAT_EXPECTATIONS
    assert not set(RULES) & BY_GREAT_EXPECTATIONS
    assert {name for name, rule in RULES.items() if rule.own_job} == OWN_JOB


def test_a_valid_suite_is_kept_by_its_content_with_the_arguments_as_great_expectations_reads_them(
    tmp_path: Path,
) -> None:
    Library().wait()
    suite = suite_of(
        tmp_path, 'expect_column_values_to_be_between: {column: a, min_value: 1, max_value: "2013-01-02"}'
    )
    assert kept(suite, tmp_path) is None
    made = compile_suite(suite, tmp_path)
    again = kept(suite, tmp_path)
    assert again == made
    assert repr(again.native[0][1]["max_value"]) == "datetime.date(2013, 1, 2)"
    assert kept(suite_of(tmp_path, "expect_column_values_to_not_be_null: a"), tmp_path) is None


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_values_to_be_json_parseable: a",
        "expect_column_max_to_be_between: {column: a, max_value: {$PARAMETER: most}}",
        "expect_column_values_to_not_be_null: {column: a, result_format: COMPLETE}",
        "expect_column_pair_values_to_be_in_set: {column_A: a, column_B: b, value_pairs_set: [[1, 2]], row_condition: a > 1}",
    ],
)
def test_what_a_rule_does_not_understand_is_left_to_great_expectations(tmp_path: Path, line: str) -> None:
    Library().wait()
    assert compile_suite(suite_of(tmp_path, line), tmp_path).others == (0,)


def test_a_suite_that_is_refused_is_not_kept(tmp_path: Path) -> None:
    Library().wait()
    suite = suite_of(tmp_path, "expect_column_values_to_not_be_null: {column: a, mostly: 2}")
    with pytest.raises(ConfigError, match="mostly"):
        compile_suite(suite, tmp_path)
    assert kept(suite, tmp_path) is None


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    Library().wait()
    suite = suite_of(tmp_path, "expect_column_values_to_not_be_null: a")
    compile_suite(suite, tmp_path / "kept")
    [file] = (tmp_path / "kept").iterdir()
    for text in ("", "[", "{}", "[]"):
        file.write_text(text, encoding="utf-8")
        assert kept(suite, tmp_path / "kept") is None
