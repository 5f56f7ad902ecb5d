"""What records, tags and `--json` hold, with every key written out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.core.place import Place
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.quarantine_summary import QuarantineCount, QuarantineSummary, ReleaseResult
from sparkops.pipeline.json_values.checks import check_from_json, check_to_json
from sparkops.pipeline.json_values.models import gate_from_json, gate_to_json, model_version_to_json
from sparkops.pipeline.json_values.quarantine import quarantine_to_json, release_result_to_json
from sparkops.pipeline.json_values.tables import (
    commit_to_json,
    pin_from_json,
    pin_to_json,
    published_version_to_json,
    table_info_to_json,
)
from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo
from sparkops.pipeline.table import Commit, MicroBatch, Pin, PublishedVersion, TableInfo
from sparkops.runs.records.events import fold_events
from sparkops.runs.records.run import run_to_json

TIME = datetime(2024, 2, 29, 12, tzinfo=UTC)
RECORD: dict[str, Any] = {
    "id": "r1", "job": "sales", "state": "done", "attempt": 2, "started": "2024-02-29T12:00:00+00:00",
    "ended": "2024-02-29T12:01:00+00:00", "key": "k1", "params": {"a": 1}, "origins": {"a": "cli"}, "env": "base", "settings": {"s": 1},
    "code": {"git": "abc"}, "fingerprint": "f", "inputs": {"t": {"version": 1}}, "models": {"m": 1},
    "scoring": {"m": "arrow"}, "rules": {"m": {"rows": 1}}, "checks": [{"success": True}], "outputs": {"o": {"version": 2}},
    "registered": {"name": "m"}, "report": "r.html", "metrics": {"auc": 0.5}, "timings": {"call": 1.0}, "spark": {"v": "4"},
    "error": {"kind": "JobFailed", "message": "no"}, "process": {"pid": 1}, "log": "a.log", "staged": ["o"],
    "batches": [{"number": 0}],
}  # fmt: skip


def test_a_record_is_read_and_shown_under_these_keys() -> None:
    record = fold_events([{"event": "started", "time": "2024-02-29T12:00:00+00:00", **RECORD}])
    times = {"started": TIME, "ended": TIME.replace(minute=1)}
    joined = {key: tuple(RECORD[key]) for key in ("checks", "staged", "batches")}
    attempt = {
        "number": RECORD["attempt"],
        "state": "done",
        "ended": times["ended"],
        "error": RECORD["error"],
    }
    assert run_to_json(record) == {**RECORD, **times, **joined, "attempts": (attempt,)}
    assert list(run_to_json(record)) == [*RECORD, "attempts"]


def test_events_are_merged_joined_or_put_in_place_by_their_key() -> None:
    first = {"event": "started", "time": "t", **RECORD}
    more = {
        "inputs": {"u": {"version": 5}}, "models": {"n": 2}, "scoring": {"n": "spark"}, "rules": {"n": {"rows": 2}},
        "outputs": {"p": {"version": 3}}, "metrics": {"loss": 1.0}, "timings": {"pin": 2.0}, "spark": {"app": "x"},
        "checks": [{"success": False}], "staged": ["p"], "batches": [{"number": 1}], "params": {"b": 2},
    }  # fmt: skip
    shown = run_to_json(fold_events([first, {"event": "more", "time": "t", **more}]))
    for key in ("inputs", "models", "scoring", "rules", "outputs", "metrics", "timings", "spark"):
        assert shown[key] == {**RECORD[key], **more[key]}, key
    for key in ("staged", "batches"):
        assert shown[key] == (*RECORD[key], *more[key]), key
    # A later attempt checks the same rows again.
    assert shown["checks"] == tuple(more["checks"])
    assert shown["params"] == {"b": 2}


def test_a_pin_and_what_was_published() -> None:
    pin = Pin(table="t", kind="delta", location="/w/t", version=3, identity="i", schema_hash="h", time=TIME)
    actual = {
        "table": "t", "kind": "delta", "location": "/w/t", "version": 3, "identity": "i", "schema_hash": "h", "time": TIME
    }  # fmt: skip
    assert pin_to_json(pin) == actual
    assert pin_from_json("t", {**actual, "time": "2024-02-29 12:00:00+00:00"}) == pin
    old = pin_from_json("t", {})
    assert (old.kind, old.location, old.version, old.time) == ("source", "", None, None)
    done = PublishedVersion(table="t", version=4, rows=9, location="/w/t", identity="i", schema_hash="h")
    assert published_version_to_json(done) == {
        "table": "t", "version": 4, "rows": 9, "location": "/w/t", "identity": "i", "schema_hash": "h", "already": False
    }  # fmt: skip


def test_a_commit_and_a_table() -> None:
    batch = MicroBatch(stream="s", number=2)
    commit = Commit(version=1, time=TIME, operation="WRITE", rows=2, run_id="r1", batch=batch)
    assert commit_to_json(commit) == {
        "version": 1, "time": TIME, "operation": "WRITE", "rows": 2, "run_id": "r1",
        "batch": {"stream": "s", "number": 2},
    }  # fmt: skip
    info = TableInfo(
        name="t", kind="delta", location="/w/t", exists=True, version=1, time=TIME, description="d"
    )
    assert table_info_to_json(info) == {
        "name": "t", "kind": "delta", "location": "/w/t", "exists": True, "version": 1, "time": TIME, "description": "d"
    }  # fmt: skip


def test_a_check_is_read_as_it_was_written() -> None:
    result = CheckResult(
        table="t",
        expectation="expect_x",
        kwargs={"column": "a"},
        policy="warn",
        success=True,
        observed=1.5,
        rows=10,
        unexpected=2,
        samples=(1, "b"),
        error="e",
        place=Place("t.yml", 3),
        severity="critical",
        over="rows",
    )
    actual = {
        "table": "t", "expectation": "expect_x", "kwargs": {"column": "a"}, "policy": "warn", "success": True,
        "observed": 1.5, "rows": 10, "unexpected": 2, "samples": [1, "b"], "error": "e",
        "place": {"file": "t.yml", "line": 3}, "severity": "critical", "over": "rows",
    }  # fmt: skip
    assert check_to_json(result) == actual
    assert check_from_json(actual) == result
    assert check_from_json({**actual, "place": "t.yml:3", "unknown": 1}) == result
    assert check_from_json({"table": "t", "expectation": "expect_x"}) == CheckResult(
        table="t", expectation="expect_x"
    )


def test_a_gate_and_a_registered_model() -> None:
    gate = GateResult(metric="auc", rule="auc >= 0.6", value=0.7, champion=0.6, passed=True)
    actual = {"metric": "auc", "rule": "auc >= 0.6", "value": 0.7, "champion": 0.6, "passed": True}
    assert gate_to_json(gate) == actual
    assert gate_from_json(actual) == gate
    model = ModelVersionInfo(
        name="m", version=2, run_id="r1", mlflow_run="x", uri="models:/m/2", gates=(gate,), time=TIME
    )
    assert model_version_to_json(model) == {
        "name": "m", "version": 2, "run_id": "r1", "mlflow_run": "x", "uri": "models:/m/2", "metrics": {}, "aliases": [],
        "gates": [actual], "compiled": True, "reasons": [], "parity": 0, "tables": {}, "time": TIME, "race": {}, "flavor": "",
        "rules": 0, "left_out": [],
    }  # fmt: skip


def test_the_facts_of_a_model_are_written_under_these_keys(tmp_path: Path) -> None:
    gate = GateResult(metric="auc", rule="auc >= 0.6", value=0.7, champion=None, passed=True)
    facts = ModelFacts(
        name="m", run_id="r1", compiled=True, reasons=("a",), parity=3, inputs={"x": "double"}, tables={"t": 1},
        metrics={"auc": 0.7}, gates=(gate,), params={"p": "1"}, spark="4.1.4", stages=("PCAModel",), scorer="h", rules=2,
        left_out=("b",), benchmark={"rows": 1.0}, flavor="", unread={"late": "string"},
    )  # fmt: skip
    write_facts(facts, tmp_path)
    actual = json.loads((tmp_path / "sparkops.json").read_text("utf-8"))
    assert list(actual.items()) == list({
        "format": 1, "name": "m", "run_id": "r1", "compiled": True, "reasons": ["a"], "parity": 3, "inputs": {"x": "double"},
        "tables": {"t": 1}, "metrics": {"auc": 0.7},
        "gates": [{"metric": "auc", "rule": "auc >= 0.6", "value": 0.7, "champion": None, "passed": True}],
        "params": {"p": "1"}, "spark": "4.1.4", "stages": ["PCAModel"], "scorer": "h", "rules": 2, "left_out": ["b"],
        "race": {"rows": 1.0}, "flavor": "", "unread": {"late": "string"},
    }.items())  # fmt: skip


def test_a_quarantine_and_a_release() -> None:
    count = QuarantineCount(run="r1", reasons=("a", "b"), state="held", release=None, rows=3)
    assert quarantine_to_json(QuarantineSummary(counts=(count,), rows=({"id": 1},))) == {
        "counts": [{"run": "r1", "reasons": ["a", "b"], "state": "held", "release": None, "rows": 3}],
        "rows": [{"id": 1}],
    }
    done = ReleaseResult(
        table="t",
        release="release-1",
        rows=2,
        version=5,
        still_failing=1,
        reasons=(("a", 1),),
        finished=(("x", 2),),
    )
    assert release_result_to_json(done) == {
        "table": "t", "release": "release-1", "rows": 2, "discarded": False, "version": 5, "still": 1, "reasons": [["a", 1]],
        "finished": [["x", 2]],
    }  # fmt: skip
