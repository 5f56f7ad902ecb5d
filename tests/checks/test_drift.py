"""The differences between a table's columns and its suite are described, with the lines of the suite."""

from __future__ import annotations

from pathlib import Path

from sparkops.checks.profiling.drift import describe_drift
from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite


def profile_of(**types: str) -> TableProfile:
    columns = tuple(
        ColumnProfile(name=name, kind="other", type_name=kind, type_text=kind.removesuffix("Type").lower())
        for name, kind in types.items()
    )
    return TableProfile(table="t", rows=1, columns=columns, names=tuple(types))


def read_suite(folder: Path, *lines: str) -> Suite:
    file = folder / "t.yml"
    file.write_text("expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(file, "t", display_name="conf/checks/t.yml")


def test_missing_columns_and_other_types_are_described_once_with_their_lines(tmp_path: Path) -> None:
    suite = read_suite(
        tmp_path,
        "expect_column_values_to_not_be_null: gate",
        "expect_compound_columns_to_be_unique: [gate, Day]",
        "expect_column_values_to_be_of_type: {column: delay, type_: DoubleType}",
        "expect_column_values_to_be_in_type_list: {column: day, type_list: [DateType, TimestampType]}",
        "expect_column_values_to_be_of_type: {column: day, type_: DatetimeType}",
    )
    assert describe_drift(suite, profile_of(day="DateType", delay="StringType")) == (
        "`gate` is missing, but the suite names it (conf/checks/t.yml:2)",
        "`delay` is DoubleType in the suite (conf/checks/t.yml:4) and StringType now",
    )


def test_a_column_is_new_if_the_suite_lists_columns_and_without_expectation_otherwise(tmp_path: Path) -> None:
    table = profile_of(day="DateType", note="StringType")
    listed = "expect_table_columns_to_match_set: {column_set: [day], exact_match: true}"
    named = "expect_column_values_to_not_be_null: note"
    assert describe_drift(read_suite(tmp_path, listed, named), table) == (
        "`note` string is new: it is not in the suite's list of columns (conf/checks/t.yml:2)",
    )
    assert describe_drift(read_suite(tmp_path, named), table) == ("no expectation names `day` date",)


def test_names_in_backticks_and_fields_of_structs_are_known(tmp_path: Path) -> None:
    suite = read_suite(tmp_path, "expect_column_values_to_not_be_null: a.b", "expect_column_to_exist: p.q")
    columns = profile_of(**{"`a.b`": "StringType", "p": "StructType"})
    table = TableProfile(table="t", rows=1, columns=columns.columns, names=("`a.b`", "p", "p.q"))
    assert describe_drift(suite, table) == ("no expectation names `p` struct",)
