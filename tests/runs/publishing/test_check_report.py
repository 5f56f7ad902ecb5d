"""The message when checks block a job."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.run_services import FakeOutcome

from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.job import Job
from sparkops.runs.publishing.check_report import format_failures, to_record

JOB = Job(name="sales", function=lambda: None, doc="", place=Place("x.py", 1), kind="table")


def result(**values: Any) -> CheckResult:
    return CheckResult(**{"table": "t", "expectation": "expect_x", **values})


def outcome(*results: CheckResult, block_reason: str = "") -> FakeOutcome:
    return FakeOutcome("r1", results, good=None, annotated=None, blocked=True, block_reason=block_reason)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"rows": 9, "unexpected": 1}, "t: expect_x(): 1 of 9 rows"),
        ({"rows": 9, "unexpected": 1, "over": "more than 0"}, "t: expect_x(): 1 of 9 rows, more than 0"),
        ({"observed": 3.5, "kwargs": {"column": "a"}}, "t: expect_x(column='a'): observed 3.5"),
        ({"error": "no such column"}, "t: expect_x() could not be evaluated: no such column"),
        ({"place": Place("t.yml", 3)}, "t: expect_x(): did not hold (t.yml:3)"),
    ],
)
def test_a_failed_check_is_one_line(values: dict[str, Any], line: str) -> None:
    message = format_failures([outcome(result(**values))], JOB)
    assert message.splitlines()[:2] == [
        "Job `sales`: 1 check failed, and nothing was published.",
        f"  - {line}",
    ]


def test_checks_that_would_quarantine_rows_are_named_only_if_no_other_check_failed() -> None:
    quarantine = result(expectation="expect_q", policy="quarantine")
    assert "expect_q" in format_failures([outcome(quarantine)], JOB)
    assert "expect_q" not in format_failures([outcome(quarantine, result(expectation="expect_f"))], JOB)


def test_warnings_and_successes_are_not_named() -> None:
    message = format_failures(
        [
            outcome(
                result(),
                result(expectation="expect_w", policy="warn"),
                result(expectation="expect_s", success=True),
            )
        ],
        JOB,
    )
    assert "expect_w" not in message
    assert "expect_s" not in message


def test_an_exceeded_threshold_and_another_consequence_are_named() -> None:
    message = format_failures(
        [outcome(block_reason="5 rows exceed the limit 2")],
        JOB,
        consequence="nothing of batch 3 was published",
    )
    assert "too many rows violate its checks, and nothing of batch 3 was published" in message
    assert "  - 5 rows exceed the limit 2" in message


def test_the_record_of_a_result_names_its_place_as_text() -> None:
    assert to_record(result(place=Place("t.yml", 3)))["place"] == "t.yml:3"
    assert to_record(result())["place"] is None
