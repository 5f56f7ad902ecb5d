"""A suite that a table's columns left behind: told in words, with the line of the suite."""

from __future__ import annotations

from pathlib import Path

from sparkops.checks.profiling.drift import drift
from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite


def seen(**types: str) -> TableProfile:
    columns = tuple(
        ColumnProfile(name=name, kind="other", type_name=kind, type_text=kind.removesuffix("Type").lower())
        for name, kind in types.items()
    )
    return TableProfile(table="t", rows=1, columns=columns, names=tuple(types))


def suite(folder: Path, *lines: str) -> Suite:
    file = folder / "t.yml"
    file.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(file, "t", shown="conf/checks/t.yml")


def test_missing_columns_and_other_types_are_told_once_each_with_their_line(tmp_path: Path) -> None:
    written = suite(
        tmp_path,
        "expect_column_values_to_not_be_null: gate",
        "expect_compound_columns_to_be_unique: [gate, Day]",
        "expect_column_values_to_be_of_type: {column: delay, type_: DoubleType}",
        "expect_column_values_to_be_in_type_list: {column: day, type_list: [DateType, TimestampType]}",
        "expect_column_values_to_be_of_type: {column: day, type_: DatetimeType}",
    )
    assert drift(written, seen(day="DateType", delay="StringType")) == (
        "`gate` is missing, and the suite names it (conf/checks/t.yml:2)",
        "`delay` is DoubleType in the suite (conf/checks/t.yml:4) and StringType now",
    )


def test_a_column_is_new_where_the_suite_lists_them_and_else_without_expectation(tmp_path: Path) -> None:
    table = seen(day="DateType", note="StringType")
    listed = "expect_table_columns_to_match_set: {column_set: [day], exact_match: true}"
    named = "expect_column_values_to_not_be_null: note"
    assert drift(suite(tmp_path, listed, named), table) == (
        "`note` string is new: the suite's list of columns lacks it (conf/checks/t.yml:2)",
    )
    assert drift(suite(tmp_path, named), table) == ("no expectation is about `day` date",)


def test_names_in_backticks_and_inside_of_structs_are_the_tables_own(tmp_path: Path) -> None:
    written = suite(tmp_path, "expect_column_values_to_not_be_null: a.b", "expect_column_to_exist: p.q")
    columns = seen(**{"`a.b`": "StringType", "p": "StructType"})
    table = TableProfile(table="t", rows=1, columns=columns.columns, names=("`a.b`", "p", "p.q"))
    assert drift(written, table) == ("no expectation is about `p` struct",)
