"""A suite held against columns that are known from a table's log: no Spark, no Great Expectations."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.suite.column_fit import hint, misfits
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite

TYPES = {
    "carrier": "string",
    "hour": "integer",
    "delay": "double",
    "price": "decimal(10,2)",
    "day": "date",
    "late": "boolean",
    "a.b": "long",
    "place": {"type": "struct", "fields": [{"name": "lat", "type": "double"}]},
    "tags": {"type": "array", "elementType": "string", "containsNull": True},
}
COLUMNS = Columns.told({"type": "struct", "fields": [{"name": n, "type": t} for n, t in TYPES.items()]})


def suite_of(folder: Path, *lines: str) -> Suite:
    path = folder / "flights.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "flights", shown="conf/checks/flights.yml")


def told(folder: Path, *lines: str, warnings: bool = True) -> list[str]:
    return [str(each) for each in misfits(suite_of(folder, *lines), COLUMNS, warnings=warnings)]


def test_a_column_that_is_not_there_is_told_with_a_near_one_and_its_line(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        "expect_column_values_to_be_null: carier",
        "expect_compound_columns_to_be_unique: [carrier, hours]",
        "expect_column_pair_values_to_be_equal: {column_A: carrier, column_B: zzz}",
    ) == [
        _gone("carier", "column_values_to_be_null", " Did you mean `carrier`?", 2),
        _gone("hours", "compound_columns_to_be_unique", " Did you mean `hour`?", 3),
        _gone("zzz", "column_pair_values_to_be_equal", "", 4),
    ]


def _gone(column: str, name: str, near: str, line: int) -> str:
    said = f"`flights` has no column `{column}`, and `expect_{name}` is about it.{near}"
    return f"{said} (conf/checks/flights.yml:{line})"


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_to_exist: gone",
        "expect_table_columns_to_match_set: {column_set: [gone]}",
        "expect_table_columns_to_match_ordered_list: [gone]",
        "expect_somebody_elses: {column: gone}",
        "expect_column_values_to_not_be_null: CARRIER",
        "expect_column_values_to_not_be_null: place.lat",
        "expect_column_values_to_not_be_null: a.b",
        'expect_column_values_to_not_be_null: "`a.b`"',
    ],
)
def test_what_asks_for_a_column_and_what_names_one_in_another_way_is_no_misfit(
    tmp_path: Path, line: str
) -> None:
    assert told(tmp_path, line) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{column: carrier, min_value: 1}", "`min_value` is 1, a number, and `carrier` holds string"),
        ("{column: late, max_value: 1}", "`max_value` is 1, a number, and `late` holds boolean"),
        ("{column: day, min_value: 2013}", "`min_value` is 2013, a number, and `day` holds date"),
        ("{column: hour, min_value: 2013-01-01}", "is 2013-01-01, a date, and `hour` holds integer"),
        ("{column: price, min_value: 2013-01-01}", "`price` holds decimal"),
    ],
)
def test_bounds_that_no_value_of_the_column_can_be_compared_with_are_told(
    tmp_path: Path, line: str, words: str
) -> None:
    (one,) = told(tmp_path, f"expect_column_values_to_be_between: {line}")
    assert words in one
    assert "cannot be compared" in one
    assert "(conf/checks/flights.yml:2)" in one


@pytest.mark.parametrize(
    "line",
    [
        "expect_column_values_to_be_between: {column: day, min_value: 2013-01-01}",
        "expect_column_values_to_be_between: {column: day, min_value: '2013-01-01'}",
        "expect_column_values_to_be_between: {column: delay, min_value: 1}",
        "expect_column_values_to_be_between: {column: price, max_value: 0.5}",
        "expect_column_values_to_be_between: {column: carrier, min_value: a}",
        "expect_column_mean_to_be_between: {column: price, min_value: 1}",
        "expect_column_sum_to_be_between: {column: carrier, min_value: 1}",
    ],
)
def test_what_spark_may_be_able_to_evaluate_is_left_to_it(tmp_path: Path, line: str) -> None:
    assert told(tmp_path, line) == []


@pytest.mark.parametrize("column", ["carrier", "tags", "day"])
@pytest.mark.parametrize("what", ["mean", "median"])
def test_means_and_medians_of_what_is_no_number_are_told(tmp_path: Path, what: str, column: str) -> None:
    (one,) = told(tmp_path, f"expect_column_{what}_to_be_between: {{column: {column}, min_value: 1}}")
    assert f"is about numbers, and `{column}` holds" in one


def test_what_only_warns_keeps_no_table_back(tmp_path: Path) -> None:
    line = "expect_column_values_to_not_be_null: {column: gone, policy: warn}"
    assert told(tmp_path, line, warnings=False) == []
    assert len(told(tmp_path, line)) == 1


def test_a_near_name_is_hinted_for_what_a_check_could_not_find(tmp_path: Path) -> None:
    near, far, there = suite_of(
        tmp_path,
        "expect_column_values_to_not_be_null: carier",
        "expect_column_values_to_not_be_null: zzz",
        "expect_column_values_to_not_be_null: carrier",
    ).expectations
    assert [hint(each, COLUMNS) for each in (near, far, there)] == [" Did you mean `carrier`?", "", ""]
