"""The record of a run identifies the work that its rows are of, also if its code was changed before it published them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes.run_services import FakeFrame

from sparkops.errors import JobFailed
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore

OLD, NEW = "RATE = 2\ndef double():\n    return RATE\n", "RATE = 3\ndef double():\n    return RATE\n"


class Two(NamedTuple):
    left: Any
    right: Any


def double(numbers: FakeFrame) -> FakeFrame:
    return FakeFrame([2 * n for n in numbers.rows])


def read_newest(tmp_path: Path) -> Run:
    return next(RunStore(tmp_path / "state" / "runs").list_newest())


def identify(run: Run) -> tuple[Any, ...]:
    return run.work, run.fingerprint, run.code["source"], run.inputs["numbers"]["identity"]


@pytest.fixture
def stopped(go, fakes, tmp_path) -> Run:
    """Return a run of the old code that staged its rows and failed before it published them."""
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed, match="disk full"):
        go(double, source=OLD)
    fakes.tables.publish_error = None
    return read_newest(tmp_path)


def fail(numbers: FakeFrame) -> FakeFrame:
    raise AssertionError("computed again")


def test_a_resumed_run_that_publishes_staged_rows_has_the_code_that_computed_them(
    go, fakes, stopped, monkeypatch
) -> None:
    # The files of a source are read again when they are pinned, and may be others.
    pin = fakes.tables.pin
    monkeypatch.setattr(fakes.tables, "pin", lambda *args, **at: replace(pin(*args, **at), identity="others"))
    resumed = go(fail, source=NEW, resume=stopped)
    assert (resumed.state, fakes.tables.versions["out"]) == ("done", [[2, 4, 6, 200]])
    assert set(resumed.work) >= {"code jobs/x.py:RATE", "code jobs/x.py:double", "table numbers"}
    assert identify(resumed) == identify(stopped)


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_resumed_run_that_has_only_staged_its_rows_has_their_code(
    go, fakes, tmp_path, attempts: int, monkeypatch
) -> None:
    """It has decided nothing yet: its attempts failed between staging and the decision."""
    monkeypatch.setattr("sparkops.runs.publishing.publisher.decide", lambda *_: 1 / 0)
    earlier = None
    for _ in range(attempts):
        with pytest.raises(JobFailed):
            go(double if earlier is None else fail, source=OLD if earlier is None else NEW, resume=earlier)
        earlier = earlier or read_newest(tmp_path)
    assert fakes.tables.staged
    monkeypatch.undo()
    resumed = go(fail, source=NEW, resume=read_newest(tmp_path))
    assert earlier is not None
    assert identify(resumed) == identify(earlier)


def test_what_decides_how_staged_rows_are_published_is_as_it_is_now(go, fakes, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("sparkops.runs.publishing.publisher.decide", lambda *_: 1 / 0)
    with pytest.raises(JobFailed):
        go(double, source=OLD)
    monkeypatch.undo()
    earlier = read_newest(tmp_path)
    resumed = go(fail, source=NEW, resume=earlier, writes=(Write(table="out", mode="append"),))
    changed = {part for part in resumed.work if resumed.work[part] != earlier.work[part]}
    assert changed == {"write out"}


def test_a_resumed_run_that_computes_its_rows_has_the_code_that_does(go, tmp_path) -> None:
    with pytest.raises(JobFailed):
        go(lambda numbers: 1 / 0, source=OLD)
    earlier = read_newest(tmp_path)
    resumed = go(double, source=NEW, resume=earlier)
    assert resumed.work["code jobs/x.py:RATE"] != earlier.work["code jobs/x.py:RATE"]
    assert resumed.work == go(double, source=NEW).work
    assert resumed.code["source"] != earlier.code["source"]


def test_a_resumed_run_that_has_staged_only_one_of_its_tables_computes_both(go, fakes, tmp_path) -> None:
    declared: dict[str, Any] = {"kind": "tables", "writes": (Write(table="left"), Write(table="right"))}
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed):
        go(lambda numbers: Two(numbers, numbers), source=OLD, **declared)
    fakes.tables.publish_error = None
    earlier = read_newest(tmp_path)
    part = next(part for part in fakes.tables.staged if part.table == "right")
    del fakes.tables.staged[part]
    fakes.tables.saved_plans.clear()
    resumed = go(lambda numbers: Two(numbers, double(numbers)), source=NEW, resume=earlier, **declared)
    assert resumed.work["code jobs/x.py:RATE"] != earlier.work["code jobs/x.py:RATE"]
    assert fakes.tables.versions["right"] == [[2, 4, 6, 200]]


def test_a_resumed_run_of_a_record_without_parts_has_none(go, stopped, tmp_path) -> None:
    path = tmp_path / "state" / "runs" / stopped.id / "attempt-001.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(event | {"work": {}}) + "\n" for event in events))
    earlier = read_newest(tmp_path)
    assert earlier.work == {}
    resumed = go(fail, source=NEW, resume=earlier)
    assert (resumed.work, resumed.fingerprint) == ({}, stopped.fingerprint)


@pytest.mark.parametrize(("seconds", "is_marked"), [(-60, True), (60, False)])
def test_a_run_is_marked_if_its_code_was_changed_after_it_was_loaded(
    go, fakes, tmp_path, seconds: int, is_marked: bool
) -> None:
    run = go(double, source=OLD, load_time=time.time() + seconds)
    assert ("code <changed while running>" in run.work) == is_marked
    assert go(double, source=OLD).work.items() <= run.work.items()


def test_the_suites_of_inputs_that_have_to_be_checked_are_parts(go, fakes) -> None:
    fakes.checks.rules["numbers"] = (lambda n: n < 1000, "fail")
    run = go(double, checked_inputs=("numbers",))
    assert run.work["checked numbers"] == run.verdicts["numbers"]["suite"]
    assert "checked numbers" not in go(double).work
