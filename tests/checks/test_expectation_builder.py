"""Names and arguments are Great Expectations' own; what it does not know is told before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.gx.expectation_builder import build
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import ConfigError

pytestmark = pytest.mark.filterwarnings(
    "ignore:module 'sre_:DeprecationWarning"
)  # Great Expectations' import


@pytest.fixture(autouse=True)
def _imported() -> None:
    Library().wait()


def suite_of(tmp_path: Path, *lines: str) -> Suite:
    path = tmp_path / "flights.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "flights", shown="conf/checks/flights.yml")


def refused(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(ConfigError) as told:
        build(suite_of(tmp_path, *lines))
    return str(told.value)


def test_a_good_suite_becomes_great_expectations_own_objects_in_order(tmp_path: Path) -> None:
    made = build(
        suite_of(
            tmp_path,
            "expect_column_values_to_not_be_null: {column: a, mostly: 0.9, severity: warning}",
            "expect_table_row_count_to_be_between: {min_value: 1}",
        )
    )
    assert [type(one).__name__ for one in made] == [
        "ExpectColumnValuesToNotBeNull",
        "ExpectTableRowCountToBeBetween",
    ]
    assert made[0].mostly == 0.9
    assert [one.meta["sparkops"]["position"] for one in made] == [0, 1]


def test_every_unknown_name_and_argument_is_told_at_once_with_a_suggestion(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "expect_column_values_to_not_be_nul: {column: a}",
        "expect_column_values_to_be_between: {colum: a, min_value: 1}",
        "expect_column_values_to_not_be_null: {column: a, mostly: 2}",
    )
    assert "Did you mean `expect_column_values_to_not_be_null`? (conf/checks/flights.yml:2)" in told
    assert "takes no `colum`. Did you mean `column`?" in told
    assert "`expect_column_values_to_be_between` needs `column`. (conf/checks/flights.yml:3)" in told
    assert "`mostly` is 2" in told
    assert "(conf/checks/flights.yml:4)" in told


@pytest.mark.parametrize(
    "line",
    [
        "expect_table_row_count_to_be_between: {min_value: 1, policy: quarantine}",
        "expect_column_mean_to_be_between: {column: a, min_value: 1, policy: quarantine}",
        "expect_column_values_to_be_increasing: {column: a, policy: quarantine}",
    ],
)
def test_what_is_not_about_rows_cannot_quarantine(tmp_path: Path, line: str) -> None:
    told = refused(tmp_path, line)
    assert "no rows to quarantine: use `policy: fail` or `policy: warn`. (conf/checks/flights.yml:2)" in told


def test_uniqueness_within_a_row_condition_cannot_quarantine(tmp_path: Path) -> None:
    line = "expect_column_values_to_be_unique: {column: a, row_condition: b > 1, policy: quarantine}"
    assert "leave out `row_condition`" in refused(tmp_path, line)
