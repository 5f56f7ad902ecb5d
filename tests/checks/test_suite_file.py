"""Suites are read with every mistake told at once, each with its line, and without Great Expectations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import ConfigError

GOOD = """\
policy: warn
quarantine_limit: 0.05
expectations:
  - expect_column_values_to_not_be_null: {column: dep_time, mostly: 0.99, policy: quarantine}
  - expect_column_to_exist: dep_time
  - expect_compound_columns_to_be_unique: [year, month]
  - ExpectTableRowCountToBeBetween: {min_value: 1, severity: info, meta: kept small}
  - type: expect_column_values_to_be_between
    kwargs: {column: month, min_value: 1, max_value: 12}
    policy: fail
"""


def suite_of(tmp_path: Path, text: str):
    path = tmp_path / "flights.yml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, "flights", shown="conf/checks/flights.yml")


def problems_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as told:
        suite_of(tmp_path, text)
    return str(told.value)


def test_a_suite_keeps_names_arguments_policies_and_lines(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, GOOD)
    null, exists, compound, count, between = suite.expectations
    assert (null.type, dict(null.kwargs), null.policy) == (
        "expect_column_values_to_not_be_null",
        {"column": "dep_time", "mostly": 0.99},
        "quarantine",
    )
    assert str(null.place) == "conf/checks/flights.yml:4"
    assert exists.kwargs == {"column": "dep_time"}
    assert exists.policy == "warn"
    assert compound.kwargs == {"column_list": ["year", "month"]}
    assert (count.type, count.severity) == ("expect_table_row_count_to_be_between", "info")
    assert count.meta == {"notes": "kept small"}
    assert (between.policy, between.place.line) == ("fail", 8)
    assert suite.quarantine_limit == 0.05
    assert suite.quarantines


def test_every_mistake_of_structure_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    told = problems_of(
        tmp_path,
        "polcy: fail\n"
        "quarantine_limit: 5\n"
        "expectations:\n"
        "  - expect_column_to_exist: {column: a, policy: quarantin}\n"
        "  - {type: expect_column_to_exist, column: a}\n"
        "  - [a]\n",
    )
    assert "5 problems" in told
    assert "Unknown key `polcy`. Did you mean `policy`?" in told
    assert "`quarantine_limit` is a share from 0 to 1, not 5. (conf/checks/flights.yml:2)" in told
    assert "Did you mean `quarantine`? (conf/checks/flights.yml:4)" in told
    assert "Arguments stand under `kwargs:`. (conf/checks/flights.yml:5)" in told
    assert "(conf/checks/flights.yml:6)" in told


@pytest.mark.parametrize("text", ["", "policy: fail\n", "expectations:\n"])
def test_a_suite_without_expectations_is_refused(tmp_path: Path, text: str) -> None:
    assert "missing or empty" in problems_of(tmp_path, text)


def test_expectations_that_are_no_list_are_refused(tmp_path: Path) -> None:
    assert "must be a list" in problems_of(tmp_path, "expectations: {expect_column_to_exist: a}\n")


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    told = problems_of(
        tmp_path, "expectations:\n  - expect_column_to_exist:\n      column: a\n      column: b\n"
    )
    assert "`column` stands twice; its first place is line 3. (conf/checks/flights.yml:4)" in told


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    assert "(conf/checks/flights.yml:3)" in problems_of(tmp_path, "policy: fail\nexpectations: [a\n")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_suite(tmp_path, "flights")


def test_reading_a_suite_imports_neither_great_expectations_nor_spark(tmp_path: Path) -> None:
    suite_of(tmp_path, GOOD)
    code = (
        "import sys; from pathlib import Path\n"
        "import sparkops.checks.checks, sparkops.checks.outcome\n"
        "from sparkops.checks.suite.suite_file import load_suite\n"
        f"load_suite(Path({str(tmp_path / 'flights.yml')!r}), 'flights')\n"
        "heavy = {'great_expectations', 'pyspark', 'pandas', 'numpy'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
