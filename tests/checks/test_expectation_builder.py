"""Names and arguments are those of Great Expectations; unknown ones are reported before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import ConfigError

# Importing Great Expectations warns.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")


@pytest.fixture(autouse=True)
def _imported() -> None:
    GxLibrary().ensure_imported()


def read_suite(tmp_path: Path, *lines: str) -> Suite:
    path = tmp_path / "flights.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "flights", display_name="conf/checks/flights.yml")


def error_of(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(ConfigError) as error:
        build_expectations(read_suite(tmp_path, *lines))
    return str(error.value)


def test_a_valid_suite_becomes_objects_of_great_expectations_in_order(tmp_path: Path) -> None:
    expectations = build_expectations(
        read_suite(
            tmp_path,
            "expect_column_values_to_not_be_null: {column: a, mostly: 0.9, severity: warning}",
            "expect_table_row_count_to_be_between: {min_value: 1}",
        )
    )
    assert [type(expectation).__name__ for expectation in expectations] == [
        "ExpectColumnValuesToNotBeNull",
        "ExpectTableRowCountToBeBetween",
    ]
    assert expectations[0].mostly == 0.9
    assert [expectation.meta["sparkops"]["position"] for expectation in expectations] == [0, 1]


def test_every_unknown_name_and_argument_is_reported_at_once_with_a_suggestion(tmp_path: Path) -> None:
    message = error_of(
        tmp_path,
        "expect_column_values_to_not_be_nul: {column: a}",
        "expect_column_values_to_be_between: {colum: a, min_value: 1}",
        "expect_column_values_to_not_be_null: {column: a, mostly: 2}",
    )
    assert "Did you mean `expect_column_values_to_not_be_null`? (conf/checks/flights.yml:2)" in message
    assert "takes no `colum`. Did you mean `column`?" in message
    assert "`expect_column_values_to_be_between` needs `column`. (conf/checks/flights.yml:3)" in message
    assert "`mostly` is 2" in message
    assert "(conf/checks/flights.yml:4)" in message


@pytest.mark.parametrize(
    "line",
    [
        "expect_table_row_count_to_be_between: {min_value: 1, policy: quarantine}",
        "expect_column_mean_to_be_between: {column: a, min_value: 1, policy: quarantine}",
        "expect_column_values_to_be_increasing: {column: a, policy: quarantine}",
    ],
)
def test_an_expectation_that_is_not_about_rows_cannot_quarantine(tmp_path: Path, line: str) -> None:
    message = error_of(tmp_path, line)
    assert (
        "no rows to quarantine: use `policy: fail` or `policy: warn`. (conf/checks/flights.yml:2)" in message
    )


def test_uniqueness_within_a_row_condition_cannot_quarantine(tmp_path: Path) -> None:
    line = "expect_column_values_to_be_unique: {column: a, row_condition: b > 1, policy: quarantine}"
    assert "leave out `row_condition`" in error_of(tmp_path, line)


def test_a_json_schema_that_is_not_one_is_reported(tmp_path: Path) -> None:
    line = "expect_column_values_to_match_json_schema: {column: a, json_schema: {type: strin}}"
    error = error_of(tmp_path, "expect_column_to_exist: a", line)
    assert "`json_schema` is not valid: 'strin' is not valid under any of the given schemas" in error
    assert "(conf/checks/flights.yml:3)" in error
