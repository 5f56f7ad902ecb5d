"""Tables of a page and their columns."""

from __future__ import annotations

import pytest

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Table
from sparkops.reports.table import build_column, build_table

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def test_the_numbers_of_a_column_have_the_same_number_of_decimals() -> None:
    assert build_column("d", [44.968, 3, None, -15.7], part="t").cells == (
        "44.97",
        "3.00",
        DASH,
        f"{MINUS}15.70",
    )
    assert build_column("d", [0.5, 0.25], part="t").cells == ("0.50", "0.25")
    assert build_column("d", [1200.0, 7.0], part="t").cells == ("1200", "7")


def test_a_column_groups_digits_of_counts_but_not_of_years() -> None:
    assert build_column("year", [2012, 2013], part="t").cells == ("2012", "2013")
    assert build_column("n", [1234, 98765], part="t").cells == ("1,234", "98,765")


def test_a_column_marks_its_missing_cells() -> None:
    result = build_column("tail_number", ["N1", None], part="t")
    assert (result.label, result.missing, result.numeric) == ("tail number", (False, True), False)


def test_an_error_about_a_format_names_table_column_and_value() -> None:
    with pytest.raises(
        JobFailed, match=r"Table `Top`, column `name`: the format `\.1%` does not fit the value 'x'"
    ):
        build_table(Table("Top", [{"name": "x"}], formats={"name": ".1%"}), limit=10)


def test_an_error_names_a_format_for_an_unknown_column() -> None:
    with pytest.raises(JobFailed, match=r"Table `Top` reads column `shar`.*Did you mean `share`"):
        build_table(Table("Top", [{"share": 0.5}], formats={"shar": ".1%"}), limit=10)


def test_a_format_is_not_applied_to_missing_values() -> None:
    result = build_table(Table("Top", [{"s": 0.5}, {"s": None}], formats={"s": ".0%"}), limit=10)
    assert result.columns[0].cells == ("50%", DASH)


def test_rows_may_have_different_columns() -> None:
    result = build_table(Table("t", [{"a": 1}, {"b": 2}]), limit=10)
    assert [column.cells for column in result.columns] == [("1", DASH), (DASH, "2")]


def test_rows_of_another_type_are_an_error() -> None:
    with pytest.raises(JobFailed, match="The rows of Table `t` are of type str"):
        build_table(Table("t", "abc"), limit=10)  # type: ignore[arg-type]
