"""Results of checks and metrics of a replay are compared with the recorded ones."""

from __future__ import annotations

from typing import Any

from sparkops.runs.replay.facts import compare_checks, compare_numbers


def check(**changes: Any) -> dict[str, Any]:
    return {
        "table": "t", "expectation": "unique", "kwargs": {"column": "a"}, "policy": "fail", "success": True,
        "observed": None, "rows": 10, "unexpected": 0, "error": None, **changes,
    }  # fmt: skip


def test_equal_results_do_not_differ_whatever_their_samples() -> None:
    recorded = [check(samples=[1]), check(expectation="mean", observed=0.1 + 0.2)]
    replayed = [check(samples=[2]), check(expectation="mean", observed=0.3)]
    assert list(compare_checks(recorded, replayed, 1e-9)) == []


def test_other_results_and_expectations_of_one_side_differ() -> None:
    recorded = [check(), check(expectation="old"), check(expectation="mean", rows=None, observed=1.0)]
    replayed = [
        check(success=False, unexpected=2),
        check(expectation="mean", rows=None, observed=1.1),
        check(expectation="new", error="no column"),
    ]
    differences = [
        (fact.name, fact.recorded, fact.replayed) for fact in compare_checks(recorded, replayed, 1e-9)
    ]
    assert differences == [
        ("t: unique(column=a), fail", "passed, 0 of 10 rows", "failed, 2 of 10 rows"),
        ("t: old(column=a), fail", "passed, 0 of 10 rows", None),
        ("t: mean(column=a), fail", "passed, observed 1.0", "passed, observed 1.1"),
        ("t: new(column=a), fail", None, "could not be evaluated: no column"),
    ]


def test_equal_expectations_are_compared_in_their_order() -> None:
    recorded, replayed = [check(), check(unexpected=1)], [check(), check(unexpected=3)]
    [difference] = compare_checks(recorded, replayed, 1e-9)
    assert difference.name == "t: unique(column=a), fail #2"


def test_numbers_are_compared_with_the_tolerance() -> None:
    recorded, replayed = {"auc": 0.7, "loss": 1.0, "old": 1.0}, {"auc": 0.7 + 1e-12, "loss": 1.1, "nan": 2.0}
    names = [fact.name for fact in compare_numbers("metrics", recorded, replayed, 1e-9)]
    assert names == ["loss", "old", "nan"]
