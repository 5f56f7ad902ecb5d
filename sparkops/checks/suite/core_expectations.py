"""Classify the core expectations by name, without importing Great Expectations.

A test compares these sets with the classes of Great Expectations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = frozenset({"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"})
_UNIQUE = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})
_COUNTING = _UNIQUE | {
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_to_be_in_set",
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_be_null",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_not_be_outliers",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_column_values_to_not_match_regex",
    "expect_column_values_to_not_match_regex_list",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
    "expect_select_column_values_to_be_unique_within_record",
}
_AGGREGATES = frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_kl_divergence_to_be_less_than",
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_most_common_value_to_be_in_set",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_quantile_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_type_to_be",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_values_to_be_decreasing",
        "expect_column_values_to_be_increasing",
    }
)
_TABLE = frozenset(
    {
        # A missing column is what it reports, not an error of the suite.
        "expect_column_to_exist",
        "expect_query_results_to_match_comparison",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
        "expect_table_row_count_to_equal_other_table",
        "unexpected_rows_expectation",
    }
)
# Each row passes or fails. Types count as such in Great Expectations, although all rows pass or all fail.
ROW_LEVEL = _COUNTING | _TYPES
TABLE_LEVEL = _AGGREGATES | _TABLE
NEEDS_COLUMNS = ROW_LEVEL | _AGGREGATES
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
_COLUMN_LIST_ARGUMENTS = ("column_list", "column_set")


def is_core(name: str) -> bool:
    """Return whether an expectation is part of Great Expectations itself."""
    return name in ROW_LEVEL or name in TABLE_LEVEL


def counts_failing_rows(name: str) -> bool:
    """Return whether a core expectation counts the rows that fail it."""
    return name in _COUNTING


def can_quarantine(name: str, kwargs: Mapping[str, Any]) -> bool:
    """Return whether the rows that fail an expectation can be separated from the others.

    True for every expectation that is not core: its class decides, once Great Expectations is imported.
    """
    if name in _UNIQUE and kwargs.get("row_condition"):
        return False
    return name not in TABLE_LEVEL and name not in _TYPES


def list_named_columns(kwargs: Mapping[str, Any]) -> list[str]:
    """Return the columns that an expectation's arguments name."""
    lists = [kwargs[key] for key in _COLUMN_LIST_ARGUMENTS if isinstance(kwargs.get(key), list)]
    names = [kwargs.get(key) for key in _COLUMN_ARGUMENTS] + [name for names in lists for name in names]
    return [name for name in names if isinstance(name, str)]
