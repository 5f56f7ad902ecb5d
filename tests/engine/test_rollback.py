"""A run is rolled back on tables of delta-rs: its tables return, what depends on it prevents it; no JVM is started."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.delta_runs import A, B, C, DeltaRuns

from sparkops import Engine
from sparkops.engine.operations.earlier_run import choose_start
from sparkops.engine.options import RunOptions
from sparkops.errors import AttemptSuperseded, InputError, TableBusy, VersionGone
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.records.rollback_mark import mark_rolled_back
from sparkops.runs.records.run_key import RunKey
from sparkops.runs.records.states import InvalidTransition


def rows(*values: int) -> list[dict[str, Any]]:
    return [{"a": value} for value in values]


def test_a_table_returns_to_its_version_before_the_run(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    rollback = engine.rollback(second)
    assert project.read("t") == rows(1)
    assert rollback.state == "done"
    assert rollback.outputs["t"]["version"] == 2
    assert rollback.inputs["t"]["version"] == 0
    undone = engine.runs.load(second)
    assert (undone.state, undone.rolled_back) == ("rolled_back", rollback.id)
    assert undone.attempts[-1]["state"] == "done"
    assert [run.id for run in engine.runs.list_newest(job="job", state="done")] == [
        run_id for run_id in engine.runs.list_ids() if run_id not in (second, rollback.id)
    ]


def test_every_mode_of_a_write_is_undone(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": {"a": [1, 2]}})
    overwrite = project.run(writes={"t": C}, mode="overwrite")
    engine.rollback(overwrite)
    assert project.read("t") == rows(1, 2)


def test_columns_that_the_run_added_are_removed(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    widened = project.run(writes={"t": {"a": [2], "b": ["x"]}})
    assert [name for name, _ in engine.container.tables.read_schema("t")] == ["a", "b"]
    engine.rollback(widened)
    assert [name for name, _ in engine.container.tables.read_schema("t")] == ["a"]
    assert project.read("t") == rows(1)


def test_all_tables_of_a_run_return(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A, "u": A, "t__quarantine": A})
    second = project.run(writes={"t__quarantine": B, "t": B, "u": B})
    rollback = engine.rollback(second)
    assert [project.read(name) for name in ("t", "u", "t__quarantine")] == [rows(1)] * 3
    assert set(rollback.outputs) == {"t", "u", "t__quarantine"}


def test_a_commit_to_the_quarantine_that_the_record_lacks_is_undone(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"t": A, "t__quarantine": A})
    second = project.run(writes={"t": B}, mode="overwrite")
    project.commit("t__quarantine", {"a": []}, run_id=second)
    assert {restore.table for restore in engine.plan_rollback(second).tables} == {"t", "t__quarantine"}


def test_a_table_that_the_run_created_becomes_empty_and_can_be_brought_back(
    project: DeltaRuns, engine: Engine
) -> None:
    first = project.run(writes={"t": A})
    rollback = engine.rollback(first)
    assert project.read("t") == []
    assert rollback.outputs["t"]["rows"] == 0
    engine.rollback(rollback.id)
    assert project.read("t") == rows(1)
    assert engine.runs.load(first).state == "done"
    assert engine.runs.load(rollback.id).state == "rolled_back"


def test_a_rollback_can_be_undone_and_redone_any_number_of_times(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    last = second
    for turn in range(4):
        last = engine.rollback(last).id
        is_undone = turn % 2 == 0
        assert project.read("t") == (rows(1) if is_undone else rows(1, 2))
        assert engine.runs.load(second).state == ("rolled_back" if is_undone else "done")
    # Its own rollback, which was undone, prevents nothing.
    engine.rollback(second)
    assert project.read("t") == rows(1)


def test_later_work_prevents_a_rollback_and_is_listed(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    third = project.run(writes={"t": C})
    reader = project.run("reader", reads=["t"], writes={"u": A})
    further = project.run("further", reads=["u"], writes={"v": A})
    with pytest.raises(InputError, match="cannot be rolled back; nothing was changed") as refused:
        engine.rollback(second)
    assert f"run {third} (job) made version 2 of `t`" in str(refused.value)
    assert f"run {reader} (reader) read `t` version 2" in str(refused.value)
    assert f"run {further} (further) read `u` version 0" in str(refused.value)
    assert "--cascade" in str(refused.value)
    assert project.read("t") == rows(1, 2, 3)
    assert len(engine.runs.list_ids()) == 5


def test_a_run_that_read_the_table_before_prevents_nothing(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    project.run("reader", reads=["t"], writes={"u": A})
    engine.rollback(project.run(writes={"t": B}))
    assert project.read("u") == rows(1)


def test_a_cascade_rolls_back_what_depends_on_the_run(project: DeltaRuns, engine: Engine) -> None:
    first = project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    reader = project.run("reader", reads=["t"], writes={"u": A})
    further = project.run("further", reads=["u"], writes={"v": A})
    third = project.run(writes={"t": C})
    report = project.run("page", reads=["v"], report="page.html")
    rollback = engine.rollback(second, cascade=True)
    assert [project.read(name) for name in "tuv"] == [rows(1), [], []]
    undone = [item["run"] for item in (rollback.rollback or {})["runs"]]
    assert undone == [report, third, further, reader, second]
    assert engine.runs.load(first).state == "done"
    engine.rollback(rollback.id)
    assert [project.read(name) for name in "tuv"] == [rows(1, 2, 3), rows(1), rows(1)]
    assert {engine.runs.load(run_id).state for run_id in undone} == {"done"}


def test_a_commit_of_another_writer_prevents_a_rollback_unless_it_is_included(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    project.commit("t", C)
    for options in ({}, {"cascade": True}):
        with pytest.raises(InputError, match=r"another writer made version 2 of `t` \(WRITE"):
            engine.rollback(second, **options)
    engine.rollback(second, include_foreign=True)
    assert project.read("t") == rows(1)


def test_maintenance_of_files_prevents_nothing(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    table = DeltaTable(str(project.warehouse / "t"))
    table.optimize.compact()
    engine.rollback(second)
    assert project.read("t") == rows(1)


def test_an_older_run_is_rolled_back_after_a_newer_one_was(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    second = project.run(writes={"t": B})
    engine.rollback(project.run(writes={"t": C}))
    rollback = engine.rollback(second)
    assert project.read("t") == rows(1)
    # The rollback of the newer run is not undone beneath it.
    newer = engine.runs.list_ids()[1]
    with pytest.raises(InputError, match="cannot be rolled back"):
        engine.rollback(newer)
    engine.rollback(rollback.id)
    assert project.read("t") == rows(1, 2)


def test_a_version_that_was_removed_is_reported_before_anything_is_changed(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"t": A, "u": A})
    second = project.run(writes={"t": B, "u": B}, mode="overwrite")
    DeltaTable(str(project.warehouse / "u")).vacuum(0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(VersionGone, match=r"(?s)nothing was changed.*Version 0 of table `u`.*VACUUM"):
        engine.rollback(second)
    assert project.read("t") == rows(2)
    assert engine.runs.load(second).state == "done"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_run_that_published_a_part_is_undone_and_not_resumed(
    project: DeltaRuns, engine: Engine, state: str
) -> None:
    project.run(writes={"t": A})
    partial = project.run("job_of_t", writes={"t": B}, state="running")
    attempt = engine.runs.find_newest_attempt(partial)
    with pytest.raises(InputError, match="not finished"):
        engine.rollback(partial)
    if state == "cancelled":
        attempt.enter("cancelling", "cancelling")
    attempt.enter(state, "ended", ended="2026-01-01T00:00:00+00:00")  # type: ignore[arg-type]
    rollback = engine.rollback(partial)
    assert project.read("t") == rows(1)
    with pytest.raises(InputError, match="was rolled back by run"):
        engine.resume(partial)
    with pytest.raises(InputError, match="was not complete"):
        engine.rollback(rollback.id)


def test_what_published_nothing_or_was_rolled_back_is_refused(project: DeltaRuns, engine: Engine) -> None:
    empty = project.run()
    with pytest.raises(InputError, match="published nothing"):
        engine.rollback(empty)
    second = project.run(writes={"t": B})
    engine.rollback(second)
    with pytest.raises(InputError, match="was rolled back already"):
        engine.rollback(second)
    streamed = project.run("stream", writes={"s": A}, batches=[{"number": 0, "version": 0, "rows": 1}])
    with pytest.raises(InputError, match="read a stream"):
        engine.rollback(streamed)


def test_a_run_with_the_key_of_a_run_that_was_rolled_back_is_a_new_one(
    project: DeltaRuns, engine: Engine
) -> None:
    job, key = engine.project.find_declared("job_of_t"), RunKey("k")
    options, bound = RunOptions(key=key), BoundParameters(values={}, origins={})
    first = choose_start(engine.container, job, bound, options).run_id
    assert first is not None
    project.run("job_of_t", writes={"t": A}, run_id=first)
    again = choose_start(engine.container, job, bound, options).done
    assert again is not None
    assert again.id == first
    engine.rollback(first)
    renewed = choose_start(engine.container, job, bound, options).run_id
    assert renewed not in (None, first)
    # Two processes that begin at once have one run.
    assert choose_start(engine.container, job, bound, options).run_id == renewed
    assert engine.container.tables.find_published("t", str(renewed)) is None


def test_an_attempt_that_began_before_the_rollback_publishes_nothing_more(
    project: DeltaRuns, engine: Engine
) -> None:
    run_id = project.run(writes={"t": A}, state="failed")
    mark_rolled_back(engine.runs, run_id, by="r")
    with pytest.raises(InvalidTransition):
        engine.runs.begin(run_id, "job")
    attempt = engine.runs.begin("other", "job")
    attempt.enter("failed", "ended")
    later = engine.runs.begin("other", "job")
    # As if both had read the record before the other one began.
    later.enter("failed", "ended")
    mark_rolled_back(engine.runs, "other", by="r")
    with pytest.raises(AttemptSuperseded):
        later.require_newest()
    mark_rolled_back(engine.runs, "other", by="r")
    assert len(list((engine.runs.folder / "other").glob("*.jsonl"))) == 3


def test_a_release_is_rolled_back(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t__quarantine": A, "t": A})
    release = "release-20990101-000000-abcdefghij"
    for mode in ("prepare", "mark"):
        project.commit("t__quarantine", {"a": [1], "_sparkops_release": [mode]}, run_id=release)
    project.commit("t", B, run_id=release)
    rollback = engine.rollback(release)
    assert project.read("t") == rows(1)
    assert project.read("t__quarantine") == rows(1)
    engine.rollback(rollback.id)
    assert project.read("t") == rows(1, 2)
    with pytest.raises(InputError, match="No quarantine has rows of release-x"):
        engine.rollback("release-x")


def test_the_runs_of_a_fan_out_are_rolled_back_with_it(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    parts = [
        project.run("job_of_t", writes={"t": values}, parent="20990101-000000-parentabcd")
        for values in (B, C)
    ]
    items = [{"run": part, "label": part, "params": {}} for part in parts]
    parent = project.run("job_of_t", run_id="20990101-000000-parentabcd", items=items)
    outer = project.run("outer", items=[{"run": parent, "label": "inner", "params": {}}])
    rollback = engine.rollback(outer)
    assert project.read("t") == rows(1)
    assert {engine.runs.load(run_id).state for run_id in (*parts, parent)} == {"rolled_back"}
    engine.rollback(rollback.id)
    assert project.read("t") == rows(1, 2, 3)
    assert {engine.runs.load(run_id).state for run_id in (*parts, parent, outer)} == {"done"}


KILLED = """
import os, sys
from sparkops import Engine
from sparkops.engine.listener import NullListener, NullProgress

class Progress(NullProgress):
    steps = 0
    def step_started(self, step):
        if self.steps == int(sys.argv[3]):
            os._exit(9)
        self.steps += 1

class Listener(NullListener):
    def run_started(self, label):
        return Progress()

Engine(sys.argv[1], listener=Listener()).rollback(sys.argv[2])
"""


def test_a_rollback_that_is_killed_before_any_step_is_completed_by_resuming_it(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"t": A, "u": A})
    for step in range(8):
        second = project.run(writes={"t": B, "u": B})
        command = [sys.executable, "-c", KILLED, str(engine.root), second, str(step)]
        killed = subprocess.run(command, check=False)
        rollback = engine.runs.load("last")
        if killed.returncode == 0:
            # begin, one mark, two tables, complete
            assert step == 5
            break
        assert killed.returncode == 9
        assert rollback.state == "crashed"
        context = engine.container.build_run_context()
        if step:
            with pytest.raises(TableBusy, match="is being rolled back"):
                require_no_open_rollback(context.runs, context.publications, ["t"])
        if step > 2:
            # It has restored a table.
            with pytest.raises(InputError, match="is not complete"):
                engine.rollback(rollback.id)
        else:
            assert engine.plan_rollback(rollback.id).tables == ()
        completed = engine.resume(rollback.id)
        assert (completed.state, completed.attempt) == ("done", 2)
        assert project.read("t") == project.read("u") == rows(1)
        assert engine.runs.load(second).state == "rolled_back"
        assert context.publications.list_open() == ()
    else:
        pytest.fail("a rollback has fewer steps")
