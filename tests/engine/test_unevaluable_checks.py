"""An expectation that cannot be evaluated is refused before the run if possible; its page never changes a state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.errors import ConfigError

pytestmark = pytest.mark.spark

JOB = """
    from pyspark.sql import DataFrame, SparkSession
    from sparkops import job

    @job
    def orders(spark: SparkSession) -> DataFrame:
        return spark.createDataFrame([("a", 1), ("b", 2), (None, 3)], "s string, n int")
"""
SUITE = "conf/checks/orders.yml"
# Spark only finds out when it evaluates them on the rows of a new table.
RAISING = (
    "expect_column_values_to_be_in_set: {column: n, value_set: [one, two]",
    "expect_column_values_to_be_null: {column: s, row_condition: nowhere > 1",
    "expect_column_sum_to_be_between: {column: s, min_value: 1",
    "unexpected_rows_expectation: {unexpected_rows_query: 'SELECT nowhere FROM {batch}'",
    "expect_column_values_to_match_strftime_format: {column: n, strftime_format: '%Y'",
)


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project({"jobs/orders.py": JOB})
    monkeypatch.chdir(root)
    return root


def write_suite(project: Path, *lines: str) -> None:
    text = "".join(f"  - {line}\n" for line in lines)
    (project / SUITE).write_text(f"expectations:\n{text}", encoding="utf-8")


def test_warnings_that_cannot_be_evaluated_leave_the_run_done(project: Path) -> None:
    write_suite(project, *(f"{line}, policy: warn}}" for line in RAISING))
    run = Engine(project).run("orders")
    assert run.state == "done"
    assert run.outputs["orders"]["rows"] == 3
    assert [bool(check["error"]) for check in run.checks] == [True] * len(RAISING)
    (page,) = (project / ".sparkops" / "gx" / "docs").glob("validations/orders/*/checkpoint/results.html")
    text = page.read_text(encoding="utf-8")
    assert text.count("could not be evaluated") == len(RAISING)
    assert f"published, {len(RAISING)} warnings" in text


@pytest.mark.parametrize("line", RAISING)
def test_a_failure_to_evaluate_is_a_failed_check_with_its_reason_and_exit_code_3(
    project: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    write_suite(project, f"{line}}}")
    assert run_command(["run", "orders"]) == 3
    error = capsys.readouterr().err
    assert "could not be evaluated" in error
    assert f"({SUITE}:2)" in error
    assert next(Engine(project).runs.list_newest()).state == "checks_failed"


@pytest.mark.parametrize(("policy", "state", "code"), [("warn", "done", 0), ("fail", "checks_failed", 3)])
def test_a_page_that_cannot_be_written_changes_no_state(
    project: Path, policy: str, state: str, code: int
) -> None:
    write_suite(project, f"expect_column_values_to_not_be_null: {{column: s, policy: {policy}}}")
    docs = project / ".sparkops" / "gx" / "docs"
    docs.parent.mkdir(parents=True)
    docs.write_text("a file", encoding="utf-8")
    assert run_command(["run", "orders"]) == code
    run = next(Engine(project).runs.list_newest())
    assert run.state == state
    log = Path(run.log or "").read_text(encoding="utf-8")
    assert "the page of the checks of `orders`" in log
    assert str(docs) in log
    assert "was not written: NotADirectoryError" in log or "was not written: FileExistsError" in log


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('expect_column_values_to_match_regex: {column: s, regex: "["}', "not valid in Java: Unclosed character class near index 0"),
        ('expect_column_values_to_not_match_regex_list: {column: s, regex_list: [a, "(?<x"], policy: warn}', "'(?<x' is not valid in Java"),
        ('expect_column_values_to_be_null: {column: s, row_condition: "n >", policy: warn}', "`row_condition` is 'n >': Syntax error"),
        ('unexpected_rows_expectation: {unexpected_rows_query: "SELEC * FROM {batch}"}', "Syntax error at or near 'SELEC'"),
    ],
)  # fmt: skip
def test_what_no_column_can_make_valid_is_refused_before_anything_is_computed(
    project: Path, line: str, words: str
) -> None:
    write_suite(project, "expect_column_to_exist: s", line)
    with pytest.raises(ConfigError) as raised:
        Engine(project).run("orders")
    assert words in str(raised.value)
    assert f"({SUITE}:3)" in str(raised.value)
    assert next(Engine(project).runs.list_newest()).timings.keys() == {"session", "pin"}, "no job was called"
    assert run_command(["checks", "validate"]) == 2


def test_what_does_not_fit_the_tables_columns_is_refused_until_it_does(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / SUITE).unlink(missing_ok=True)
    Engine(project).run("orders")
    lines = [line for line in RAISING[:4] if "_sum_" not in line]
    write_suite(project, *(f"{line}, policy: warn}}" for line in lines))
    assert run_command(["checks", "validate"]) == 2
    error = capsys.readouterr().err
    words = ("The value 'one' of the type \"STRING\" cannot be cast", "name `nowhere`", "cannot be evaluated")
    for number, word in enumerate(words, 2):
        assert word in error
        assert f"({SUITE}:{number})" in error
    write_suite(project, 'expect_column_values_to_match_regex: {column: s, regex: "(?i)^A|b", mostly: 0.5}')
    assert run_command(["checks", "validate"]) == 0
    assert capsys.readouterr().out == "orders: 1 expectation; its columns fit\n"
    assert list((project / ".sparkops" / "gx" / "suites").glob("*.spark")), "Spark is not asked again"
    Engine(project).run("orders")


def test_like_patterns_are_evaluated(project: Path) -> None:
    write_suite(
        project,
        "expect_column_values_to_match_like_pattern: {column: s, like_pattern: 'a%', policy: quarantine}",
        "expect_column_values_to_match_like_pattern_list: {column: s, like_pattern_list: ['_', 'bb'], policy: warn}",
        "expect_column_values_to_not_match_like_pattern: {column: s, like_pattern: '%b%', policy: warn}",
        "expect_column_values_to_not_match_like_pattern_list: {column: s, like_pattern_list: ['x', 'a'], policy: warn}",
    )
    run = Engine(project).run("orders")
    results = [(check["success"], check["rows"], check["unexpected"]) for check in run.checks]
    # The expectation that quarantines is shown as it was on all rows, the others as they are on what is published.
    assert results == [(False, 3, 1), (True, 2, 0), (True, 2, 0), (False, 2, 1)]
    assert run.outputs["orders__quarantine"]["rows"] == 1
