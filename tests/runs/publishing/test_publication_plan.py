"""The plan of a publication, saved and loaded."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.runs.publishing.publication_plan import (
    PublicationPlan,
    TablePlan,
    find_changed_suites,
    plan_from_json,
    plan_to_json,
)

RESULT = CheckResult(
    table="a",
    expectation="expect_column_values_to_not_be_null",
    kwargs={"column": "day", "mostly": 0.9},
    policy="quarantine",
    rows=10,
    unexpected=3,
    samples=(None, "x"),
    place=Place("conf/checks/a.yml", 3),
)
PAGE = CheckpointFacts(
    table="a",
    run_id="r1",
    time=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    expectations=(CheckedExpectation(result=RESULT, notes="owner: me", details={"missing": ["x", None]}),),
    suite="conf/checks/a.yml",
    blocked=False,
    rows=10,
    quarantined=3,
)
PLAN = PublicationPlan(
    (TablePlan(table="a", is_divided=True, checks=(RESULT,), suite="h1", page=PAGE), TablePlan(table="b"))
)


def test_a_plan_is_the_same_after_it_was_stored_as_json() -> None:
    assert plan_from_json(json.loads(json.dumps(plan_to_json(PLAN)))) == PLAN
    assert PLAN.pages == (PAGE,)


def test_a_plan_from_before_it_had_pages_is_read() -> None:
    stored = plan_to_json(PLAN)
    for table in stored["tables"]:
        table.pop("page", None)
    assert plan_from_json(stored).checks == PLAN.checks
    assert plan_from_json(stored).pages == ()


def test_values_that_json_lacks_are_stored_as_text() -> None:
    result = CheckResult(table="a", expectation="e", kwargs={"min_value": date(2026, 1, 2)})
    plan = PublicationPlan((TablePlan(table="a", checks=(result,)),))
    [stored] = plan_from_json(json.loads(json.dumps(plan_to_json(plan), default=str))).checks
    assert stored.kwargs == {"min_value": "2026-01-02"}


def test_tables_whose_suite_changed_since_the_plan_are_named() -> None:
    assert find_changed_suites(PLAN, {"a": "h2", "b": None}) == ["a"]
    assert find_changed_suites(PLAN, {"a": None, "b": "h3"}) == ["a", "b"]
    assert find_changed_suites(PLAN, {"a": "h1", "b": None}) == []
