"""Arguments with which an expectation could never be evaluated are refused without Spark, each with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparkops.checks.suite.argument_problems import find_invalid_arguments
from sparkops.checks.suite.like_pattern import like_to_regex
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.spark_only import needs_spark
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite

TYPES = {
    "s": "string",
    "t": "string",
    "n": "integer",
    "x": "double",
    "m": "decimal(10,2)",
    "day": "date",
    "at": "timestamp",
}
COLUMNS = Columns.from_json({"type": "struct", "fields": [{"name": n, "type": t} for n, t in TYPES.items()]})


def read_suite(folder: Path, *lines: str) -> Suite:
    path = folder / "t.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "t", display_name="conf/checks/t.yml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("expect_column_values_to_be_null: {column: s, mostly: 95}", "`mostly` is 95: it must be a share from 0 to 1. For 95 %, write 0.95."),
        ("expect_column_values_to_be_between: {column: n, max_value: 1" + "0" * 400 + "}", "`max_value` has a number that is larger than a double can be"),
        ("expect_column_values_to_be_in_set: {column: n, value_set: [1, -1" + "0" * 400 + "]}", "`value_set` has a number that is larger"),
        ("expect_column_quantile_values_to_be_between: {column: n, quantile_ranges: {quantiles: [0.5], value_ranges: [[0, 1" + "0" * 400 + "]]}}", "`quantile_ranges` has a number that is larger"),
        ("expect_compound_columns_to_be_unique: {column_list: [s, t], mostly: -0.1}", "`mostly` is -0.1"),
        ("expect_column_values_to_be_between: {column: n, min_value: 3, max_value: 1}", "`min_value` 3 is greater than `max_value` 1"),
        ("expect_column_mean_to_be_between: {column: n, min_value: 2.5, max_value: 2}", "`min_value` 2.5 is greater"),
        ("expect_table_row_count_to_be_between: {min_value: 9, max_value: 8}", "`min_value` 9 is greater"),
        ("expect_column_max_to_be_between: {column: day, min_value: 2024-02-01, max_value: 2024-01-01}", "`min_value` 2024-02-01 is greater"),
        ("expect_column_max_to_be_between: {column: at, min_value: 2024-01-01 12:00:00, max_value: 2024-01-01}", "is greater"),
        ("expect_column_values_to_be_between: {column: n, min_value: '10', max_value: '9'}", "`min_value` 10 is greater than `max_value` 9"),
        ("expect_column_values_to_be_between: {column: at, min_value: 1, max_value: '2024-01-31'}", "a number, and `max_value` is 2024-01-31, a date or time"),
        ("expect_column_values_to_be_between: {column: at, min_value: '2024-01-02 12:00', max_value: 2024-01-02}", "`min_value` 2024-01-02 12:00 is greater"),
        ("expect_column_values_to_be_between: {column: at, min_value: 2024-01-01, max_value: '2024-01-31T12:00:00Z'}", "a time with a time zone: they cannot be compared"),
        ("expect_column_values_to_be_between: {column: at, min_value: 2024-01-01 10:00:00, max_value: 2024-01-31 12:00:00+02:00}", "they cannot be compared"),
        ("expect_column_values_to_be_between: {column: at, min_value: 2024-01-31 12:00:00+02:00, max_value: '2024-01-31T09:59:59Z'}", "is greater than"),
        ("expect_column_max_to_be_between: {column: at, max_value: '2024-01-31T12:00:00Z'}", "have none: write the time of the session's time zone"),
        ("expect_column_value_lengths_to_be_between: {column: s, min_value: 1.5}", "`min_value` is 1.5: a length is a whole number"),
        ("expect_column_value_lengths_to_equal: {column: s, value: 2.5}", "`value` is 2.5"),
        ("expect_column_values_to_match_like_pattern: {column: s, like_pattern: 'a\\'}", "the escape character `\\` ends the pattern"),
        ("expect_column_values_to_not_match_like_pattern_list: {column: s, like_pattern_list: ['%', 'a\\b']}", "precedes `b`"),
        ("expect_column_quantile_values_to_be_between: {column: n, quantile_ranges: {quantiles: [50], value_ranges: [[1, 2]]}}", "`quantiles` contains 50"),
        ("expect_column_pair_values_to_be_in_set: {column_A: s, column_B: t, value_pairs_set: []}", "`value_pairs_set` is empty"),
        ("expect_column_pair_values_to_be_in_set: {column_A: s, column_B: t, value_pairs_set: [[a]]}", "a pair has two values"),
        ("expect_column_values_to_be_dateutil_parseable: s", "does not implement it for Spark"),
        ("expect_column_values_to_be_null: {column: s, result_format: {unexpected_index_column_names: [n]}}", "`result_format` has no effect"),
    ],
)  # fmt: skip
def test_an_argument_that_is_certainly_wrong_is_reported_with_its_line(
    tmp_path: Path, line: str, words: str
) -> None:
    suite = read_suite(tmp_path, "expect_column_to_exist: s", line)
    (problem,) = find_invalid_arguments(suite)
    assert words in str(problem)
    assert str(problem).endswith("(conf/checks/t.yml:3)")


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_values_to_be_between: {column: n, min_value: 1, max_value: 1}",
        "expect_column_values_to_be_between: {column: n, min_value: 0.5, max_value: 1, mostly: 0}",
        "expect_column_values_to_be_between: {column: at, min_value: 2024-01-01, max_value: 2024-01-01 12:00:00}",
        "expect_column_values_to_be_between: {column: at, min_value: '2024-01-01', max_value: 2024-01-01 12:00:00}",
        "expect_column_values_to_be_between: {column: at, min_value: 2024-01-31 12:00:00+02:00, max_value: '2024-01-31T10:00:01Z'}",
        "expect_column_values_to_be_between: {column: n, min_value: '9', max_value: 10}",
        "expect_column_values_to_be_between: {column: s, max_value: zz}",
        "expect_column_value_lengths_to_equal: {column: s, value: 2.0}",
        "expect_column_values_to_match_like_pattern: {column: s, like_pattern: 'a\\%_\\\\%'}",
        "expect_somebody_elses: {mostly: 95}",
    ],
)
def test_an_argument_that_may_be_right_is_not_reported(tmp_path: Path, line: str) -> None:
    assert find_invalid_arguments(read_suite(tmp_path, line)) == []


@pytest.mark.parametrize(
    ("pattern", "escape", "match", "other"),
    [
        ("a%", None, "a", "ba"),
        ("a_c", None, "a\nc", "ac"),
        ("%b", None, "ab", "ab\n"),
        (r"100\%", None, "100%", "1000"),
        ("a|_b", "|", "a_b", "axb"),
        ("(x).*", None, "(x).*", "x"),
        ("[a-z]&&", None, "[a-z]&&", "a"),
    ],
)
def test_a_like_pattern_matches_the_whole_text(
    pattern: str, escape: str | None, match: str, other: str
) -> None:
    regex = re.compile(like_to_regex(pattern, escape).replace(r"\z", r"\Z"))
    assert regex.search(match)
    assert not regex.search(other)


@pytest.mark.parametrize(
    "line",
    [
        'expect_column_values_to_match_regex: {column: s, regex: "["}',
        'expect_column_values_to_match_regex_list: {column: s, regex_list: ["^a", "(?<name"]}',
        'expect_column_values_to_be_null: {column: s, row_condition: "n >"}',
        "unexpected_rows_expectation: {unexpected_rows_query: 'SELEC * FROM {batch}'}",
        "expect_column_values_to_be_in_set: {column: n, value_set: [one]}",
        "expect_column_sum_to_be_between: {column: s, min_value: 1}",
        "expect_column_max_to_be_between: {column: at, min_value: 2024-01-01}",
        "expect_column_pair_values_to_be_equal: {column_A: s, column_B: n}",
        "expect_column_values_to_match_regex: {column: n, regex: a}",
    ],
)
def test_spark_is_asked_where_only_spark_knows(tmp_path: Path, line: str) -> None:
    assert needs_spark(read_suite(tmp_path, line), COLUMNS)


def test_spark_is_not_asked_for_what_is_certain(tmp_path: Path) -> None:
    suite = read_suite(
        tmp_path,
        "expect_table_row_count_to_be_between: {min_value: 1}",
        "expect_column_to_exist: gone",
        "expect_column_values_to_not_be_null: at",
        "expect_column_values_to_be_unique: m",
        "expect_column_values_to_be_between: {column: m, min_value: 0.5, max_value: 3}",
        "expect_column_values_to_be_between: {column: day, min_value: 2024-01-01}",
        "expect_column_values_to_be_in_set: {column: s, value_set: [a, null, b]}",
        'expect_column_values_to_match_regex: {column: s, regex: "^[a-z]{2,3}\\\\d+$"}',
        "expect_column_values_to_match_like_pattern: {column: s, like_pattern: a%}",
        "expect_column_value_lengths_to_equal: {column: s, value: 2}",
        "expect_column_pair_values_to_be_equal: {column_A: s, column_B: t}",
    )
    assert not needs_spark(suite, COLUMNS)
    assert not needs_spark(suite, None)
