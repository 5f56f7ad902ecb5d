"""What a failure means, by severity and by the number of failing rows. Mistakes are reported with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.outcome import describe
from sparkops.checks.results import ExpectationResult, to_check_result
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.checks.suite.threshold import FailureThreshold
from sparkops.errors import ConfigError

BY_SEVERITY = "policy: {critical: fail, warning: quarantine, info: warn}\n"
NOT_NULL = "expect_column_values_to_not_be_null"


def read_suite(folder: Path, *lines: str, head: str = "") -> Suite:
    path = folder / "t.yml"
    path.write_text(f"{head}expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "t", display_name="conf/checks/t.yml")


def error_of(folder: Path, *lines: str, head: str = "") -> str:
    with pytest.raises(ConfigError) as error:
        read_suite(folder, *lines, head=head)
    return str(error.value)


def describe_failure(suite: Suite, unexpected: int, rows: int = 336_775, **values: object) -> str:
    """Return the policy and the description of the suite's first expectation after some rows failed it."""
    counts = {"element_count": rows, "unexpected_count": unexpected}
    result = to_check_result(suite, 0, ExpectationResult(success=False, result={**counts, **values}))
    return f"{result.policy}: {describe(result)}"


def test_the_policy_of_an_expectation_overrides_that_of_its_severity_which_is_critical_by_default(
    tmp_path: Path,
) -> None:
    suite = read_suite(
        tmp_path,
        f"{NOT_NULL}: a",
        f"{NOT_NULL}: {{column: a, severity: warning}}",
        f"{NOT_NULL}: {{column: a, severity: info}}",
        f"{NOT_NULL}: {{column: a, severity: info, policy: quarantine}}",
        head=BY_SEVERITY,
    )
    assert [e.policy for e in suite.expectations] == ["fail", "quarantine", "warn", "quarantine"]


def test_a_result_has_the_severity_that_the_suite_sets(tmp_path: Path) -> None:
    suite = read_suite(tmp_path, f"{NOT_NULL}: a", f"{NOT_NULL}: {{column: a, severity: info}}")
    results = [to_check_result(suite, index, ExpectationResult(success=True)) for index in (0, 1)]
    assert [result.severity for result in results] == [None, "info"]


def test_a_severity_without_a_policy_means_fail(tmp_path: Path) -> None:
    head = "policy:\n  critical: warn\n"
    suite = read_suite(tmp_path, f"{NOT_NULL}: a", f"{NOT_NULL}: {{column: a, severity: info}}", head=head)
    assert [e.policy for e in suite.expectations] == ["warn", "fail"]


@pytest.mark.parametrize(
    "line",
    [
        "expect_table_row_count_to_be_between: {min_value: 1, severity: warning}",
        "expect_column_mean_to_be_between: {column: a, min_value: 1, severity: warning}",
        "expect_column_values_to_be_increasing: {column: a, severity: warning}",
        "expect_column_values_to_be_of_type: {column: a, type_: LongType, severity: warning}",
        "expect_column_values_to_be_unique: {column: a, row_condition: b > 1, severity: warning}",
    ],
)
def test_quarantine_by_severity_means_fail_if_no_row_can_be_separated(tmp_path: Path, line: str) -> None:
    assert [e.policy for e in read_suite(tmp_path, line, head=BY_SEVERITY).expectations] == ["fail"]


def test_mistakes_in_policies_by_severity_are_reported_with_their_lines(tmp_path: Path) -> None:
    head = "policy:\n  critcal: fail\n  warning: quarantin\n"
    message = error_of(tmp_path, f"{NOT_NULL}: a", head=head)
    assert "`policy` has no severity `critcal`. Did you mean `critical`?" in message
    assert "(conf/checks/t.yml:2)" in message
    assert "`warning` is 'quarantin'; allowed: fail, quarantine, warn. Did you mean `quarantine`?" in message
    assert "(conf/checks/t.yml:3)" in message
    assert "names no severity" in error_of(tmp_path, f"{NOT_NULL}: a", head="policy: {}\n")


def test_more_failing_rows_than_the_threshold_fail_and_as_many_do_not(tmp_path: Path) -> None:
    suite = read_suite(tmp_path, f"{NOT_NULL}: {{column: a, policy: warn, fail_over: {{rows: 100}}}}")
    assert describe_failure(suite, 8255) == (
        f"fail: {NOT_NULL}(a): 8,255 of 336,775 rows failed, more than fail_over.rows 100 (conf/checks/t.yml:2)"
    )
    assert describe_failure(suite, 100).startswith("warn: ")


def test_a_greater_share_of_the_evaluated_rows_than_the_threshold_fails(tmp_path: Path) -> None:
    line = f"{NOT_NULL}: {{column: a, policy: quarantine, fail_over: {{rows: 100, share: 0.02}}}}"
    suite = read_suite(tmp_path, line)
    message = describe_failure(suite, 3, 100, partial_unexpected_list=["x"])
    assert "3 of 100 rows failed, more than fail_over.share 0.02, such as 'x'" in message
    assert describe_failure(suite, 2, 100).startswith("quarantine: ")
    assert describe_failure(suite, 0, 0).startswith("quarantine: ")


def test_an_expectation_that_passed_or_was_not_evaluated_exceeds_no_threshold(tmp_path: Path) -> None:
    suite = read_suite(
        tmp_path, f"{NOT_NULL}: {{column: a, mostly: 0.5, policy: warn, fail_over: {{rows: 1}}}}"
    )
    counts = {"element_count": 9, "unexpected_count": 4}
    passed = ExpectationResult(success=True, result=counts)
    raised = ExpectationResult(success=False, result=counts, exception="no column")
    assert [to_check_result(suite, 0, result).policy for result in (passed, raised)] == ["warn", "warn"]
    assert to_check_result(suite, 0, passed).over is None


def test_the_threshold_of_the_suite_applies_to_all_that_count_rows_and_do_not_fail_anyway(
    tmp_path: Path,
) -> None:
    suite = read_suite(
        tmp_path,
        f"{NOT_NULL}: a",
        f"{NOT_NULL}: {{column: a, policy: fail}}",
        f"{NOT_NULL}: {{column: a, fail_over: {{share: 0.5}}}}",
        "expect_table_row_count_to_be_between: {min_value: 1}",
        head="policy: warn\nfail_over: {rows: 9}\n",
    )
    assert [e.fail_over for e in suite.expectations] == [
        FailureThreshold(rows=9),
        None,
        FailureThreshold(share=0.5),
        None,
    ]


def test_mistakes_in_thresholds_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    message = error_of(
        tmp_path,
        "expect_table_row_count_to_be_between: {min_value: 1, policy: warn, fail_over: {rows: 1}}",
        f"{NOT_NULL}: {{column: a, fail_over: {{rows: 1}}}}",
        f"{NOT_NULL}: {{column: a, policy: warn, fail_over: 0.1}}",
        f"{NOT_NULL}: {{column: a, policy: warn, fail_over: {{row: 1, share: 2}}}}",
        f"{NOT_NULL}: {{column: a, policy: warn, fail_over: {{}}}}",
        head="quarantine_limit:\n  rows: -1\n  share: true\n",
    )
    assert "8 problems" in message
    assert "`quarantine_limit.rows` is a number of rows, 0 or more, not -1. (conf/checks/t.yml:2)" in message
    assert "`quarantine_limit.share` is a share from 0 to 1, not True. (conf/checks/t.yml:3)" in message
    assert "counts no failing rows, so `fail_over` has no effect on it" in message
    assert "needs `policy: warn` or `policy: quarantine`" in message
    assert "`fail_over` is `{rows: N, share: S}`, or one of the two. (conf/checks/t.yml:7)" in message
    assert (
        "`fail_over` takes no `row`. Did you mean `rows`? It takes: rows, share. (conf/checks/t.yml:8)"
        in (message)
    )
    assert "`fail_over.share` is a share from 0 to 1, not 2. (conf/checks/t.yml:8)" in message
    assert "`fail_over` is empty: it takes `rows`, `share`, or both. (conf/checks/t.yml:9)" in message


def test_the_quarantine_limit_is_a_share_or_both_a_number_of_rows_and_a_share(tmp_path: Path) -> None:
    share = read_suite(tmp_path, f"{NOT_NULL}: a", head="quarantine_limit: 0.1\n")
    both = read_suite(tmp_path, f"{NOT_NULL}: a", head="quarantine_limit: {rows: 5, share: 0.1}\n")
    assert share.quarantine_limit == FailureThreshold(share=0.1)
    assert both.quarantine_limit == FailureThreshold(rows=5, share=0.1)
