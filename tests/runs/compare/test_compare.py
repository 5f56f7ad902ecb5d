"""What two records do not share, and the sentences about it; a cause is named only where one thing differs."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from sparkops.pipeline.table import VersionChange
from sparkops.runs.compare.compare import compare_runs
from sparkops.runs.compare.difference import SECTIONS, RunComparison, TableEvidence, diff_to_json
from sparkops.runs.compare.summary import describe_change
from sparkops.runs.records.run import Run

CHECK: dict[str, Any] = {
    "table": "delays", "expectation": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}, "policy": "warn",
    "success": True, "observed": None, "rows": 10, "unexpected": 0, "samples": [], "error": None,
}  # fmt: skip


def pin(version: int | None = 4, identity: str = "i", **facts: Any) -> dict[str, Any]:
    return {"version": version, "identity": identity, "schema_hash": "s", **facts}


def make_run(run_id: str, **facts: Any) -> Run:
    values: dict[str, Any] = {
        "job": "train", "state": "done", "params": {"steps": 3}, "code": {"git": "a" * 40, "source": "s1", "dirty": None},
        "settings": {"root": "/a", "spark": {"conf": {"x": 1}}}, "inputs": {"flights": pin()}, "metrics": {"delay": 10.0},
        "spark": {"version": "4.1.4", "app_id": "local-1"},
    }  # fmt: skip
    return Run(id=run_id, **{**values, **facts})


def diff(evidence: TableEvidence | None = None, before: Any = None, **after: Any) -> RunComparison:
    return compare_runs(make_run("a", **(before or {})), make_run("b", **after), evidence)


SEVERAL = "Several things differ, and the records do not show which is the cause"
ADDED = TableEvidence(changes={"flights": VersionChange(added=27_004, removed=0)})


def test_one_input_that_differs_is_the_cause_with_its_rows() -> None:
    comparison = diff(ADDED, metrics={"delay": 12.5}, inputs={"flights": pin(6)})
    assert comparison.summary == (
        "`delay` rose from 10 to 12.5 because `flights` went from version 4 to 6 (27,004 rows added).",
    )
    (difference,) = comparison.select("inputs")
    assert (difference.before, difference.after, difference.change) == (4, 6, ADDED.changes["flights"])


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"params": {"steps": 9}}, "parameter `steps` is 9 instead of 3"),
        ({"code": {"git": "b" * 40, "source": "s2"}}, "the code of the job changed (git aaaaaaaa to bbbbbbbb)"),
        ({"code": {"git": "a" * 40, "source": "s2", "dirty": "d"}}, "the code of the job changed (uncommitted changes)"),
        ({"settings": {"root": "/b", "spark": {"conf": {"x": 2}}}}, "setting `spark.conf.x` is 2 instead of 1"),
        ({"spark": {"version": "4.2.0", "app_id": "local-2"}}, "Spark went from version 4.1.4 to 4.2.0"),
        ({"models": {"late": 2}}, "model `late` was read by the second run only"),
        ({"inputs": {"flights": pin(0, "other")}},
         "`flights` is another table: dropped and created again (version 4 to 0)"),
    ],
)  # fmt: skip
def test_one_thing_that_differs_is_the_cause(facts: dict[str, Any], cause: str) -> None:
    assert diff(metrics={"delay": 9.0}, **facts).summary == (f"`delay` fell from 10 to 9 because {cause}.",)


def test_files_of_a_source_that_changed_are_the_cause() -> None:
    comparison = diff(
        before={"inputs": {"raw": pin(None, "one")}},
        metrics={"delay": 11.0},
        inputs={"raw": pin(None, "two")},
    )
    assert comparison.summary == ("`delay` rose from 10 to 11 because `raw` has other files.",)


def test_no_cause_is_named_where_several_things_differ() -> None:
    comparison = diff(ADDED, metrics={"delay": 12.5}, inputs={"flights": pin(6)}, params={"steps": 4})
    assert comparison.summary == (
        "`delay` rose from 10 to 12.5.",
        f"{SEVERAL}: parameter `steps` is 4 instead of 3; `flights` went from version 4 to 6 (27,004 rows added).",
    )
    assert "because" not in " ".join(comparison.summary)


def test_no_cause_is_named_where_nothing_recorded_differs() -> None:
    comparison = diff(metrics={"delay": 12.5})
    assert comparison.summary[0] == "`delay` rose from 10 to 12.5."
    assert comparison.summary[1].startswith("The records show no cause")


def test_no_cause_is_named_where_a_secret_may_differ() -> None:
    comparison = diff(before={"hidden": ("token",)}, metrics={"delay": 12.5}, inputs={"flights": pin(6)})
    assert "because" not in " ".join(comparison.summary)
    assert comparison.summary[-1].endswith("Parameters that contain secrets are not compared.")


def test_where_a_project_lies_is_no_cause() -> None:
    comparison = diff(
        ADDED,
        metrics={"delay": 12.5},
        inputs={"flights": pin(6)},
        settings={"root": "/b", "spark": {"conf": {"x": 1}}},
    )
    assert "because `flights` went" in comparison.summary[0]
    assert [difference.name for difference in comparison.select("settings")] == ["root"]


def test_equal_runs_have_no_difference() -> None:
    comparison = diff()
    assert comparison.differences == ()
    assert "are the same" in comparison.summary[0]


def test_other_inputs_with_the_same_results() -> None:
    comparison = diff(ADDED, inputs={"flights": pin(6)})
    assert comparison.summary[0].startswith("The recorded results are the same")
    assert comparison.summary[1] == "The runs differ: `flights` went from version 4 to 6 (27,004 rows added)."


def test_runs_of_two_jobs_are_compared_without_a_cause() -> None:
    comparison = diff(job="other", metrics={"delay": 3.0}, params={})
    assert comparison.summary == ("The runs are of two jobs, `train` and `other`.",)
    assert comparison.select("metrics")


def test_rows_checks_state_and_schemas() -> None:
    output = {"version": 1, "identity": "o", "rows": 10, "schema_hash": "s"}
    comparison = diff(
        TableEvidence(columns={"delays": "`late` int added"}),
        before={"outputs": {"delays": output}, "checks": (CHECK,)},
        outputs={"delays": {**output, "rows": 12, "schema_hash": "t"}}, state="checks_failed",
        checks=({**CHECK, "success": False, "unexpected": 3},), params={"steps": 4},
        error={"kind": "ChecksFailed", "message": "1 check failed.\nmore"},
    )  # fmt: skip
    assert set(comparison.summary) == {
        "The run ended `checks_failed` instead of `done` because parameter `steps` is 4 instead of 3.",
        "The rows published to `delays` rose from 10 to 12 because parameter `steps` is 4 instead of 3.",
        "delays: expect_column_values_to_be_unique(id) failed (warn) because parameter `steps` is 4 instead of 3.",
    }
    (schema,) = comparison.select("schemas")
    assert schema.detail == "`late` int added"
    (check,) = comparison.select("checks")
    assert (check.before, check.after) == ("passed, 0 of 10 rows", "failed (warn), 3 of 10 rows")


def test_checks_that_were_changed_are_a_cause() -> None:
    comparison = diff(
        before={"checks": (CHECK,)}, checks=({**CHECK, "kwargs": {"column": "day"}},), metrics={"delay": 11.0}
    )
    assert comparison.summary == ("`delay` rose from 10 to 11 because the checks were changed.",)


def test_the_json_has_every_section_and_the_values_cannot_be_changed() -> None:
    comparison = diff(
        ADDED, inputs={"flights": pin(6)}, before={"timings": {"call": 1.0}}, timings={"call": 2.0}
    )
    value = diff_to_json(comparison)
    assert list(value["differences"]) == list(SECTIONS)
    assert value["differences"]["inputs"] == [
        {"name": "flights", "before": 4, "after": 6, "detail": "",
         "change": {"added": 27_004, "removed": 0, "rows_before": None, "rows_after": None}}
    ]  # fmt: skip
    assert [entry["name"] for entry in value["differences"]["time"]] == ["call"]
    with pytest.raises(FrozenInstanceError):
        comparison.before = "x"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, ""),
        (VersionChange(), ""),
        (VersionChange(added=1, removed=0), "1 row added"),
        (VersionChange(added=0, removed=2), "2 rows removed"),
        (VersionChange(added=0, removed=0), "0 rows added"),
        (VersionChange(added=3, removed=2), "3 rows added, 2 rows removed"),
        (VersionChange(added=3, rows_before=5, rows_after=6), "5 to 6 rows"),
        (VersionChange(rows_before=5), ""),
    ],
)
def test_rows_between_versions_in_words(change: VersionChange | None, words: str) -> None:
    assert describe_change(change) == words
