"""Check results as text."""

from __future__ import annotations

import json
from dataclasses import asdict

from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.reports import build_checked_table
from sparkops.reports.check_summary import summarize_expectation, summarize_page, summarize_table


def check(**more: object) -> CheckResult:
    return CheckResult(**{"table": "flights", "expectation": "expect_table_row_count_to_be_between", **more})


def test_a_checked_table_takes_results_in_the_json_of_a_record() -> None:
    result = check(
        kwargs={"column": "carrier"}, samples=(1, 2), unexpected=2, place=Place("conf/checks/f.yml", 4)
    )
    record = json.loads(json.dumps({**asdict(result), "place": "conf/checks/f.yml:4", "new": 1}))
    other = {**record, "table": "weather"}
    assert build_checked_table("flights", [record, other]).results == (result,)
    assert build_checked_table("flights", [json.loads(json.dumps(asdict(result)))]).results == (result,)


def test_each_policy_has_its_status_and_an_error_is_never_passed() -> None:
    statuses = [
        (summary.status, summary.tone)
        for options in (
            {"success": True}, {"policy": "fail"}, {"policy": "warn"}, {"policy": "quarantine"},
            {"policy": "quarantine", "error": "no column x"}, {"policy": "warn", "error": "no column x"},
        )
        for summary in [summarize_expectation(check(**options))]
    ]  # fmt: skip
    assert statuses == [
        ("passed", "good"), ("failed", "bad"), ("warned", "warn"), ("quarantined", "warn"),
        ("not evaluated", "bad"), ("not evaluated", "warn"),
    ]  # fmt: skip


def test_a_summary_names_the_threshold_that_was_exceeded() -> None:
    summary = summarize_expectation(check(rows=9, unexpected=3, over="more than fail_over.rows 2"))
    assert summary.details == "3 of 9 rows unexpected, more than fail_over.rows 2"


def test_a_summary_names_columns_arguments_and_details() -> None:
    summary = summarize_expectation(
        check(
            kwargs={"column_list": ["a", "b"], "min_value": 3, "mostly": None},
            rows=50_000,
            unexpected=8,
            samples=(1, None),
        )
    )
    assert (summary.columns, summary.arguments) == ("a, b", "min_value 3")
    assert summary.details == "8 of 50,000 rows unexpected; for example 1"


def test_a_summary_about_the_table_names_no_columns() -> None:
    assert summarize_expectation(check(kwargs={"min_value": 1}, observed=336776)).columns == ""
    assert (
        summarize_expectation(check(kwargs={"min_value": 1}, observed=336776)).details == "observed 336,776"
    )


def test_an_absolute_place_is_shortened_to_its_last_folders() -> None:
    assert (
        summarize_expectation(check(place=Place("/home/me/p/conf/checks/f.yml", 4))).place
        == "conf/checks/f.yml:4"
    )


def test_the_summary_of_a_page_has_the_worst_tone() -> None:
    good, warning, bad = check(success=True), check(policy="warn"), check(policy="fail")
    pages = [
        [summarize_table(build_checked_table("flights", results))]
        for results in ([good, good], [good, warning], [good, warning, bad], [])
    ]
    assert [summarize_page(tables) for tables in pages] == [
        ("all 2 checks passed", "good"),
        ("1 of 2 checks passed, 1 warning", "warn"),
        ("1 of 3 checks failed", "bad"),
        None,
    ]
