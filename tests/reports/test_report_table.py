"""Tables of a page and their columns."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from sparkops.errors import JobFailed
from sparkops.pipeline.reports.report import Table
from sparkops.reports.column_format import build_column_format
from sparkops.reports.table import Column, build_column, build_table

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def column(name: str, values: list[Any], spec: str = "") -> Column:
    return build_column(values, build_column_format(name, values, part="t", spec=spec), label=name)


def test_the_numbers_of_a_column_have_the_same_number_of_decimals() -> None:
    assert column("d", [44.968, 3, None, -15.7]).cells == (
        "44.97",
        "3.00",
        DASH,
        f"{MINUS}15.70",
    )
    assert column("d", [0.5, 0.25]).cells == ("0.50", "0.25")
    assert column("d", [1200.0, 7.0]).cells == ("1,200", "7")


@pytest.mark.parametrize(
    ("name", "values", "cells"),
    [
        ("n", [1234, 7], ("1,234", "7")),
        ("n", [1234567, -98765], ("1,234,567", f"{MINUS}98,765")),
        ("amount", [1234.5, 2.25], ("1,234.5", "2.2")),
        ("amount", [Decimal("1234567.80")], ("1,234,567.8",)),
        ("n", [2101, 2013], ("2,101", "2,013")),
        ("mean", [1950.5, 2000.0], ("1,950.5", "2,000.0")),
    ],
)
def test_thousands_of_quantities_are_separated(name: str, values: list[Any], cells: tuple[str, ...]) -> None:
    assert column(name, values).cells == cells


@pytest.mark.parametrize(
    ("name", "values", "cells"),
    [
        ("year", [2012, 12013], ("2012", "12013")), ("order_id", [1234567], ("1234567",)), ("ID", [98765], ("98765",)),
        ("customerId", [98765], ("98765",)), ("zip", [94110], ("94110",)), ("birth_year", [1850.0], ("1850",)),
        ("season", [1900, None, 2100], ("1900", DASH, "2100")), ("season", [2013.0], ("2013",)),
        ("mean_year", [2007.52], ("2007.5",)), ("paid", [98765], ("98,765",)), ("years", [1234], ("1,234",)),
    ],
)  # fmt: skip
def test_thousands_of_years_and_identifiers_are_not_separated(
    name: str, values: list[Any], cells: tuple[str, ...]
) -> None:
    assert column(name, values).cells == cells


@pytest.mark.parametrize(
    ("name", "values", "spec", "cells"),
    [
        ("n", [1234567], "d", ("1234567",)), ("n", [1234.0], "d", ("1234",)), ("n", [Decimal(1234)], ",d", ("1,234",)),
        ("year", [2013], ",d", ("2,013",)), ("share", [0.25, None], ".1%", ("25.0%", DASH)),
        ("n", [-1234.5], ",.2f", (f"{MINUS}1,234.50",)), ("day", [date(2013, 7, 4)], "%d %b", ("04 Jul",)),
        ("t", [datetime(2013, 7, 4, 20, 5, tzinfo=timezone(timedelta(hours=-4)))], "%d %b %H:%M", ("05 Jul 00:05",)),
        ("name", ["Kennedy"], ".3s", ("Ken",)), ("n", [float("inf")], ",.0f", ("∞",)),
    ],
)  # fmt: skip
def test_a_format_overrides_the_default(
    name: str, values: list[Any], spec: str, cells: tuple[str, ...]
) -> None:
    assert column(name, values, spec).cells == cells


def test_numbers_are_marked_for_alignment_also_where_they_have_a_format() -> None:
    assert column("n", [1, None]).numeric
    assert column("share", [0.5], ".1%").numeric
    assert not column("name", ["1"]).numeric
    assert not column("day", [date(2013, 7, 4)], "%d %b").numeric


def test_a_column_marks_its_missing_cells() -> None:
    result = build_table(Table("t", [{"tail_number": "N1"}, {"tail_number": None}]), limit=10).columns[0]
    assert (result.label, result.missing, result.numeric) == ("tail number", (False, True), False)


def test_an_error_about_a_format_names_table_column_and_value() -> None:
    with pytest.raises(
        JobFailed, match=r"Table `Top`, column `name`: the format `\.1%` does not fit the value 'x'"
    ):
        build_table(Table("Top", [{"name": "x"}], formats={"name": ".1%"}), limit=10)


def test_a_format_is_not_applied_to_missing_values() -> None:
    result = build_table(Table("Top", [{"s": 0.5}, {"s": None}], formats={"s": ".0%"}), limit=10)
    assert result.columns[0].cells == ("50%", DASH)


def test_rows_may_have_different_columns() -> None:
    result = build_table(Table("t", [{"a": 1}, {"b": 2}]), limit=10)
    assert [column.cells for column in result.columns] == [("1", DASH), (DASH, "2")]


def test_rows_of_another_type_are_an_error() -> None:
    with pytest.raises(JobFailed, match="The rows of Table `t` are of type str"):
        build_table(Table("t", "abc"), limit=10)  # type: ignore[arg-type]
