"""A suite is read without Great Expectations; every mistake is reported at once, each with its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.checks.suite.threshold import FailureThreshold
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


def read_suite(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "flights.yml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, "flights", display_name="conf/checks/flights.yml")


def error_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read_suite(tmp_path, text)
    return str(error.value)


def test_a_suite_has_names_arguments_policies_and_lines(tmp_path: Path) -> None:
    suite = read_suite(tmp_path, GOOD)
    not_null, exists, compound, count, between = suite.expectations
    assert (not_null.type, dict(not_null.kwargs), not_null.policy) == (
        "expect_column_values_to_not_be_null",
        {"column": "dep_time", "mostly": 0.99},
        "quarantine",
    )
    assert str(not_null.place) == "conf/checks/flights.yml:4"
    assert exists.kwargs == {"column": "dep_time"}
    assert exists.policy == "warn"
    assert compound.kwargs == {"column_list": ["year", "month"]}
    assert (count.type, count.severity) == ("expect_table_row_count_to_be_between", "info")
    assert count.meta == {"notes": "kept small"}
    assert (between.policy, between.place.line) == ("fail", 8)
    assert suite.quarantine_limit == FailureThreshold(share=0.05)
    assert suite.can_quarantine


def test_every_mistake_of_structure_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    message = error_of(
        tmp_path,
        "polcy: fail\n"
        "quarantine_limit: 5\n"
        "expectations:\n"
        "  - expect_column_to_exist: {column: a, policy: quarantin}\n"
        "  - {type: expect_column_to_exist, column: a}\n"
        "  - [a]\n",
    )
    assert "5 problems" in message
    assert "Unknown key `polcy`. Did you mean `policy`?" in message
    assert "`quarantine_limit` is a share from 0 to 1, not 5. (conf/checks/flights.yml:2)" in message
    assert "Did you mean `quarantine`? (conf/checks/flights.yml:4)" in message
    assert "Put arguments under `kwargs:`. (conf/checks/flights.yml:5)" in message
    assert "(conf/checks/flights.yml:6)" in message


@pytest.mark.parametrize("text", ["", "policy: fail\n", "expectations:\n"])
def test_a_suite_without_expectations_is_refused(tmp_path: Path, text: str) -> None:
    assert "missing or empty" in error_of(tmp_path, text)


def test_expectations_that_are_not_a_list_are_refused(tmp_path: Path) -> None:
    assert "must be a list" in error_of(tmp_path, "expectations: {expect_column_to_exist: a}\n")


def test_a_key_that_appears_twice_is_refused(tmp_path: Path) -> None:
    message = error_of(
        tmp_path, "expectations:\n  - expect_column_to_exist:\n      column: a\n      column: b\n"
    )
    assert "`column` appears twice; the first is on line 3. (conf/checks/flights.yml:4)" in message


def test_invalid_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    assert "(conf/checks/flights.yml:3)" in error_of(tmp_path, "policy: fail\nexpectations: [a\n")


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_suite(tmp_path, "flights")


def test_reading_a_suite_imports_neither_great_expectations_nor_spark(tmp_path: Path) -> None:
    read_suite(tmp_path, GOOD)
    code = (
        "import sys; from pathlib import Path\n"
        "import sparkops.checks.checks, sparkops.checks.outcome\n"
        "from sparkops.checks.suite.suite_file import load_suite\n"
        f"load_suite(Path({str(tmp_path / 'flights.yml')!r}), 'flights')\n"
        "heavy = {'great_expectations', 'pyspark', 'pandas', 'numpy'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
