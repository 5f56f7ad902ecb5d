"""What a failure means, by severity and by how many rows broke it; each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.checks.outcome import describe
from sparkops.checks.results import Found, result_of
from sparkops.checks.suite.release_suites import of_each_row, of_the_whole
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.checks.suite.threshold import Limit
from sparkops.errors import ConfigError

BY_SEVERITY = "policy: {critical: fail, warning: quarantine, info: warn}\n"
NULL = "expect_column_values_to_not_be_null"


def suite_of(folder: Path, *lines: str, head: str = "") -> Suite:
    path = folder / "t.yml"
    path.write_text(f"{head}expectations:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return load_suite(path, "t", shown="conf/checks/t.yml")


def refused(folder: Path, *lines: str, head: str = "") -> str:
    with pytest.raises(ConfigError) as told:
        suite_of(folder, *lines, head=head)
    return str(told.value)


def broken(suite: Suite, unexpected: int, rows: int = 336_775, **more: object) -> str:
    found = Found(success=False, result={"element_count": rows, "unexpected_count": unexpected, **more})
    result = result_of(suite, 0, found)
    return f"{result.policy}: {describe(result)}"


def test_an_expectations_policy_wins_over_its_severitys_and_none_means_critical(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        f"{NULL}: a",
        f"{NULL}: {{column: a, severity: warning}}",
        f"{NULL}: {{column: a, severity: info}}",
        f"{NULL}: {{column: a, severity: info, policy: quarantine}}",
        head=BY_SEVERITY,
    )
    assert [one.policy for one in suite.expectations] == ["fail", "quarantine", "warn", "quarantine"]


def test_a_severity_that_has_no_policy_fails(tmp_path: Path) -> None:
    head = "policy:\n  critical: warn\n"
    suite = suite_of(tmp_path, f"{NULL}: a", f"{NULL}: {{column: a, severity: info}}", head=head)
    assert [one.policy for one in suite.expectations] == ["warn", "fail"]


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
def test_a_severitys_quarantine_is_fail_where_no_row_can_be_set_apart(tmp_path: Path, line: str) -> None:
    assert [one.policy for one in suite_of(tmp_path, line, head=BY_SEVERITY).expectations] == ["fail"]


def test_mistakes_in_policies_by_severity_are_told_with_their_lines(tmp_path: Path) -> None:
    head = "policy:\n  critcal: fail\n  warning: quarantin\n"
    told = refused(tmp_path, f"{NULL}: a", head=head)
    assert "`policy` has no severity `critcal`. Did you mean `critical`?" in told
    assert "(conf/checks/t.yml:2)" in told
    assert "`warning` is 'quarantin'; allowed: fail, quarantine, warn. Did you mean `quarantine`?" in told
    assert "(conf/checks/t.yml:3)" in told
    assert "names no severity" in refused(tmp_path, f"{NULL}: a", head="policy: {}\n")


def test_more_broken_rows_than_the_limit_fail_and_as_many_do_not(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, f"{NULL}: {{column: a, policy: warn, fail_over: {{rows: 100}}}}")
    assert broken(suite, 8255) == (
        f"fail: {NULL}(a): 8,255 of 336,775 rows broke it, more than fail_over.rows 100 (conf/checks/t.yml:2)"
    )
    assert broken(suite, 100).startswith("warn: ")


def test_a_greater_share_of_the_rows_looked_at_than_the_limit_fails(tmp_path: Path) -> None:
    line = f"{NULL}: {{column: a, policy: quarantine, fail_over: {{rows: 100, share: 0.02}}}}"
    suite = suite_of(tmp_path, line)
    assert "3 of 100 rows broke it, more than fail_over.share 0.02, such as 'x'" in broken(
        suite, 3, 100, partial_unexpected_list=["x"]
    )
    assert broken(suite, 2, 100).startswith("quarantine: ")
    assert broken(suite, 0, 0).startswith("quarantine: ")


def test_what_holds_by_its_mostly_or_was_not_evaluated_passes_no_limit(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, f"{NULL}: {{column: a, mostly: 0.5, policy: warn, fail_over: {{rows: 1}}}}")
    counts = {"element_count": 9, "unexpected_count": 4}
    held, raised = Found(success=True, result=counts), Found(success=False, result=counts, raised="no column")
    assert [result_of(suite, 0, each).policy for each in (held, raised)] == ["warn", "warn"]
    assert result_of(suite, 0, held).over is None


def test_a_limit_in_the_head_is_for_all_that_counts_rows_and_does_not_fail_anyway(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        f"{NULL}: a",
        f"{NULL}: {{column: a, policy: fail}}",
        f"{NULL}: {{column: a, fail_over: {{share: 0.5}}}}",
        "expect_table_row_count_to_be_between: {min_value: 1}",
        head="policy: warn\nfail_over: {rows: 9}\n",
    )
    assert [one.fail_over for one in suite.expectations] == [Limit(rows=9), None, Limit(share=0.5), None]


def test_mistakes_in_limits_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "expect_table_row_count_to_be_between: {min_value: 1, policy: warn, fail_over: {rows: 1}}",
        f"{NULL}: {{column: a, fail_over: {{rows: 1}}}}",
        f"{NULL}: {{column: a, policy: warn, fail_over: 0.1}}",
        f"{NULL}: {{column: a, policy: warn, fail_over: {{row: 1, share: 2}}}}",
        f"{NULL}: {{column: a, policy: warn, fail_over: {{}}}}",
        head="quarantine_limit:\n  rows: -1\n  share: true\n",
    )
    assert "8 problems" in told
    assert "`quarantine_limit.rows` is a number of rows, 0 or more, not -1. (conf/checks/t.yml:2)" in told
    assert "`quarantine_limit.share` is a share from 0 to 1, not True. (conf/checks/t.yml:3)" in told
    assert "counts no rows that break it, so `fail_over` means nothing for it" in told
    assert "goes with `policy: warn` or `policy: quarantine`" in told
    assert "`fail_over` is `{rows: N, share: S}`, or one of the two. (conf/checks/t.yml:7)" in told
    assert (
        "`fail_over` takes no `row`. Did you mean `rows`? It takes: rows, share. (conf/checks/t.yml:8)"
        in told
    )
    assert "`fail_over.share` is a share from 0 to 1, not 2. (conf/checks/t.yml:8)" in told
    assert "`fail_over` is empty: it takes `rows`, `share`, or both. (conf/checks/t.yml:9)" in told


def test_the_limit_of_what_is_quarantined_is_a_share_or_both(tmp_path: Path) -> None:
    line = f"{NULL}: a"
    alone = suite_of(tmp_path, line, head="quarantine_limit: 0.1\n")
    both = suite_of(tmp_path, line, head="quarantine_limit: {rows: 5, share: 0.1}\n")
    assert alone.quarantine_allowed == Limit(share=0.1)
    assert both.quarantine_allowed == Limit(rows=5, share=0.1)


def test_rows_that_come_back_are_asked_without_limits_and_the_table_with_its_own(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        f"{NULL}: {{column: a, policy: quarantine, fail_over: {{rows: 1}}}}",
        f"{NULL}: {{column: b, policy: warn, fail_over: {{rows: 1}}}}",
        head="quarantine_limit: {rows: 1}\n",
    )
    each, whole = of_each_row(suite), of_the_whole(suite)
    assert each is not None
    assert whole is not None
    assert [(one.policy, one.fail_over) for one in each.expectations] == [("quarantine", None)]
    assert [(one.policy, one.fail_over) for one in whole.expectations] == [("warn", Limit(rows=1))]
    assert each.quarantine_allowed == whole.quarantine_allowed == Limit()
