"""A suite is checked against the columns in a table's log, without Spark and without Great Expectations."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.suite.column_fit import find_misfits, suggest_column
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
COLUMNS = Columns.from_json({"type": "struct", "fields": [{"name": n, "type": t} for n, t in TYPES.items()]})


def read_suite(folder: Path, *lines: str) -> Suite:
    path = folder / "flights.yml"
    path.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "flights", display_name="conf/checks/flights.yml")


def messages(folder: Path, *lines: str, warnings: bool = True) -> list[str]:
    problems = find_misfits(read_suite(folder, *lines), COLUMNS, warnings=warnings)
    return [str(problem) for problem in problems]


def test_a_missing_column_is_reported_with_a_similar_one_and_its_line(tmp_path: Path) -> None:
    assert messages(
        tmp_path,
        "expect_column_values_to_be_null: carier",
        "expect_compound_columns_to_be_unique: [carrier, hours]",
        "expect_column_pair_values_to_be_equal: {column_A: carrier, column_B: zzz}",
    ) == [
        _missing("carier", "column_values_to_be_null", " Did you mean `carrier`?", 2),
        _missing("hours", "compound_columns_to_be_unique", " Did you mean `hour`?", 3),
        _missing("zzz", "column_pair_values_to_be_equal", "", 4),
    ]


def _missing(column: str, name: str, suggestion: str, line: int) -> str:
    message = f"`flights` has no column `{column}`, which `expect_{name}` needs.{suggestion}"
    return f"{message} (conf/checks/flights.yml:{line})"


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
def test_an_expectation_of_a_column_and_another_spelling_of_its_name_are_no_misfits(
    tmp_path: Path, line: str
) -> None:
    assert messages(tmp_path, line) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{column: carrier, min_value: 1}", "`min_value` is 1, a number, but `carrier` has type string"),
        ("{column: late, max_value: 1}", "`max_value` is 1, a number, but `late` has type boolean"),
        ("{column: day, min_value: 2013}", "`min_value` is 2013, a number, but `day` has type date"),
        ("{column: hour, min_value: 2013-01-01}", "is 2013-01-01, a date, but `hour` has type integer"),
        ("{column: price, min_value: 2013-01-01}", "`price` has type decimal"),
        ("{column: hour, min_value: '2013-01-01'}", "is 2013-01-01, a date, but `hour` has type integer"),
        ("{column: carrier, max_value: '2013-01-01 12:00'}", "a date, but `carrier` has type string"),
        ("{column: day, min_value: '2013'}", "`min_value` is 2013, a number, but `day` has type date"),
    ],
)
def test_bounds_that_cannot_be_compared_with_the_column_are_reported(
    tmp_path: Path, line: str, words: str
) -> None:
    (message,) = messages(tmp_path, f"expect_column_values_to_be_between: {line}")
    assert words in message
    assert "cannot be compared" in message
    assert "(conf/checks/flights.yml:2)" in message


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
def test_an_expectation_that_spark_may_be_able_to_evaluate_is_no_misfit(tmp_path: Path, line: str) -> None:
    assert messages(tmp_path, line) == []


@pytest.mark.parametrize("name", ['"carrier"', "[carrier]"])
def test_a_name_in_quotes_that_spark_does_not_resolve_has_no_type(name: str) -> None:
    with pytest.raises(ValueError, match="write the name without quotes or brackets: carrier"):
        COLUMNS.find_type(COLUMNS.find(name))


@pytest.mark.parametrize("column", ["carrier", "tags", "day"])
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_means_and_medians_of_other_than_numbers_are_reported(
    tmp_path: Path, statistic: str, column: str
) -> None:
    (message,) = messages(
        tmp_path, f"expect_column_{statistic}_to_be_between: {{column: {column}, min_value: 1}}"
    )
    assert f"needs a numeric column, but `{column}` has type" in message


def test_warnings_are_skipped_on_request(tmp_path: Path) -> None:
    line = "expect_column_values_to_not_be_null: {column: gone, policy: warn}"
    assert messages(tmp_path, line, warnings=False) == []
    assert len(messages(tmp_path, line)) == 1


def test_a_similar_name_is_suggested_for_a_missing_column(tmp_path: Path) -> None:
    similar, unknown, present = read_suite(
        tmp_path,
        "expect_column_values_to_not_be_null: carier",
        "expect_column_values_to_not_be_null: zzz",
        "expect_column_values_to_not_be_null: carrier",
    ).expectations
    assert [suggest_column(expectation, COLUMNS) for expectation in (similar, unknown, present)] == [
        " Did you mean `carrier`?",
        "",
        "",
    ]
