"""Facts from a run's record, and verdicts in words."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.table import Pin
from sparkops.place import Place
from sparkops.reports import Facts, ParamFact, checked_table
from sparkops.reports.verdict import judge, total, verdict
from sparkops.runs.record import Run

PIN = Pin(
    table="flights", kind="delta", location="data/flights", version=3, identity="i", schema_hash="s",
    time=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)  # fmt: skip


def check(**more: object) -> CheckResult:
    return CheckResult(**{"table": "flights", "expectation": "expect_table_row_count_to_be_between", **more})


def test_facts_are_read_back_from_a_record_as_its_file_holds_them() -> None:
    run = Run(
        id="r1", job="delay_report", env="local", params={"month": 7}, origins={"month": "command line"},
        inputs=json.loads(json.dumps({"flights": asdict(PIN)}, default=str)), models={"late": 2},
        code={"git": "3f2c1ab8d0aa", "dirty": "99"}, started=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    facts = Facts.of(run, description="Delays.")
    assert facts.inputs == (PIN,)
    assert facts.params == (ParamFact("month", 7, "command line"),)
    assert facts.code == "3f2c1ab8d0 with uncommitted changes"
    assert facts.models == (("late", 2),)


def test_a_checked_table_takes_results_as_a_record_holds_them() -> None:
    result = check(
        kwargs={"column": "carrier"}, samples=(1, 2), unexpected=2, place=Place("conf/checks/f.yml", 4)
    )
    said = json.loads(json.dumps({**asdict(result), "place": "conf/checks/f.yml:4", "new": 1}))
    other = {**said, "table": "weather"}
    assert checked_table("flights", [said, other]).results == (result,)
    assert checked_table("flights", [json.loads(json.dumps(asdict(result)))]).results == (result,)


def test_each_policy_has_its_word_and_an_error_is_never_passed() -> None:
    words = [
        (verdict(check(**said)).word, verdict(check(**said)).tone)
        for said in (
            {"success": True}, {"policy": "fail"}, {"policy": "warn"}, {"policy": "quarantine"},
            {"policy": "quarantine", "error": "no column x"}, {"policy": "warn", "error": "no column x"},
        )
    ]  # fmt: skip
    assert words == [
        ("passed", "good"), ("failed", "bad"), ("warned", "warn"), ("quarantined", "warn"),
        ("not evaluated", "bad"), ("not evaluated", "warn"),
    ]  # fmt: skip


def test_a_verdict_tells_the_limit_that_was_passed() -> None:
    one = verdict(check(rows=9, unexpected=3, over="more than fail_over.rows 2"))
    assert one.found == "3 of 9 rows unexpected, more than fail_over.rows 2"


def test_a_verdict_names_columns_terms_and_what_was_found() -> None:
    one = verdict(
        check(
            kwargs={"column_list": ["a", "b"], "min_value": 3, "mostly": None},
            rows=50_000,
            unexpected=8,
            samples=(1, None),
        )
    )
    assert (one.subject, one.terms) == ("a, b", "min_value 3")
    assert one.found == "8 of 50,000 rows unexpected; for example 1"


def test_a_verdict_about_the_whole_table_has_no_subject() -> None:
    assert verdict(check(kwargs={"min_value": 1}, observed=336776)).subject == ""
    assert verdict(check(kwargs={"min_value": 1}, observed=336776)).found == "observed 336,776"


def test_a_place_outside_the_project_is_shown_by_its_last_folders() -> None:
    assert verdict(check(place=Place("/home/me/p/conf/checks/f.yml", 4))).place == "conf/checks/f.yml:4"


def test_the_pages_verdict_is_its_worst() -> None:
    good, noted, bad = check(success=True), check(policy="warn"), check(policy="fail")
    judged = [
        [judge(checked_table("flights", some))]
        for some in ([good, good], [good, noted], [good, noted, bad], [])
    ]
    assert [total(some) for some in judged] == [
        ("all 2 checks passed", "good"),
        ("1 of 2 checks passed, 1 noted", "warn"),
        ("1 of 3 checks failed", "bad"),
        None,
    ]
