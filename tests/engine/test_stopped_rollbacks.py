"""Rollbacks that cannot be completed, or stopped: nothing is left half undone, and nothing comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.delta_runs import JOBS, A, B, C, DeltaRuns

from sparkops import Engine
from sparkops.engine.operations.undo import rollback
from sparkops.errors import InputError, TableBusy, TableError, VersionGone
from sparkops.pipeline.table import PublishedVersion
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.rollback_mark import mark_rolled_back
from sparkops.runs.rollback.plan import (
    RollbackPlan,
    TableRestore,
    UndoneRun,
    rollback_plan_to_json,
)
from sparkops.runs.rollback.undone_inputs import require_inputs_in_effect
from sparkops.tables import Tables


def remove_table(project: DeltaRuns, table: str) -> None:
    shutil.rmtree(project.warehouse / table)


@pytest.mark.parametrize(
    ("is_recreated", "message"),
    [
        (False, "does not exist any more"),
        (True, "was created again since"),
    ],
)
@pytest.mark.parametrize("written", [["t", "u"], ["u"]])
def test_a_table_that_is_gone_prevents_a_rollback(
    project: DeltaRuns, engine: Engine, written: list[str], is_recreated: bool, message: str
) -> None:
    project.run(writes={"t": A, "u": A})
    run = project.run(writes=dict.fromkeys(written, B))
    remove_table(project, "u")
    if is_recreated:
        project.commit("u", C)
        project.commit("u", C)
    with pytest.raises(
        InputError, match=rf"nothing was changed\. Table `u`, whose version \d run {run} made, {message}"
    ):
        engine.rollback(run)
    assert project.read("t") == ([{"a": 1}, {"a": 2}] if "t" in written else [{"a": 1}])
    assert engine.runs.load(run).state == "done"


def test_a_commit_that_the_log_no_longer_has_prevents_a_rollback(project: DeltaRuns, engine: Engine) -> None:
    run = project.run(writes={"t": A, "u": A})
    for _ in range(3):
        project.run("other", writes={"u": B})
    log = project.warehouse / "u" / "_delta_log"
    DeltaTable(str(project.warehouse / "u")).create_checkpoint()
    for version in range(3):
        (log / f"{version:020}.json").unlink()
    with pytest.raises(
        VersionGone, match=r"nothing was changed\. The log of table `u` no longer has version 0"
    ):
        engine.rollback(run)
    assert project.read("t") == [{"a": 1}]


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_rollback_that_stopped_before_it_began_is_planned_again(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch, is_changed: bool
) -> None:
    project.run(writes={"t": A})
    run = project.run(writes={"t": B})
    with monkeypatch.context() as patch:
        patch.setattr(PublicationJournal, "begin", raise_disk_full)
        with pytest.raises(OSError, match="disk full"):
            engine.rollback(run)
    stopped = engine.runs.load("last")
    assert (stopped.state, stopped.rollback["tables"][0]["newest"]) == ("failed", 1)  # type: ignore[index]
    if is_changed:
        later = project.run(writes={"t": C})
        with pytest.raises(InputError, match=f"run {later} .* made version 2 of `t`"):
            engine.resume(stopped.id)
        assert len(project.read("t")) == 3
        assert engine.runs.load(run).state == "done"
        engine.rollback(later)
    resumed = engine.resume(stopped.id)
    assert (resumed.id, resumed.state, resumed.params) == (stopped.id, "done", stopped.params)
    assert resumed.rollback["tables"][0]["newest"] == (3 if is_changed else 1)  # type: ignore[index]
    assert project.read("t") == [{"a": 1}]
    assert engine.runs.load(run).rolled_back == stopped.id


def raise_disk_full(*_: object, **__: object) -> None:
    raise OSError("disk full")


@pytest.mark.parametrize("table", ["t", "t__quarantine"])
def test_a_rollback_of_a_quarantine_prevents_runs_of_its_table(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    project.run(writes={"t": A, "t__quarantine": A})
    run = project.run(writes={table: B})
    assert engine.plan_rollback(run).written == {"t", table}
    context = engine.container.build_run_context()
    with monkeypatch.context() as patch:
        patch.setattr(Tables, "restore", raise_disk_full)
        with pytest.raises(OSError, match="disk full"):
            engine.rollback(run)
    for written in ("t", "t__quarantine"):
        with pytest.raises(TableBusy, match="`t` is being rolled back"):
            require_no_open_rollback(context.runs, context.publications, [written])
    require_no_open_rollback(context.runs, context.publications, ["u"])
    other = project.run("other", writes={"t": C})
    with pytest.raises(InputError, match=r"rollback .* is not complete"):
        engine.rollback(other)


def test_a_reader_that_published_without_recording_it_prevents_a_rollback(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"s": A, "t": A})
    run = project.run("other", writes={"s": B})
    reader = project.run("part", reads=["s"], state="failed")
    project.run("part", reads=["s"], state="failed")
    project.commit("t", B, run_id=reader)
    with pytest.raises(InputError, match=f"run {reader} .part. read `s` version 1") as refused:
        engine.rollback(run)
    assert str(refused.value).count("read `s`") == 1
    engine.rollback(run, cascade=True)
    assert project.read("s") == project.read("t") == [{"a": 1}]


def test_a_run_that_read_what_was_rolled_back_is_not_continued(project: DeltaRuns, engine: Engine) -> None:
    def require(run_id: str) -> None:
        run = engine.runs.load(run_id)
        require_inputs_in_effect(engine.runs, run, inputs=run.inputs, models=run.models)

    project.run(writes={"s": A})
    earlier = project.run("reader", reads=["s"], state="failed")
    run = project.run("other", writes={"s": B}, registered={"name": "m", "version": 2})
    reader = project.run("reader", reads=["s"], state="failed")
    user = project.run("reader", models={"m": 2}, state="failed")
    other_user = project.run("reader", models={"m": 1}, state="failed")
    for item in (earlier, reader, user, other_user):
        require(item)
    identity = engine.container.tables.pin("s").identity
    restore = TableRestore(table="s", identity=identity, first=1, newest=1, version=0)
    undone = UndoneRun(run=run, job="other", state="done")
    plan = rollback_plan_to_json(RollbackPlan(run="r", runs=[undone], tables=[restore]))
    undo = project.run("rollback", rollback=plan)
    for item, text in ((reader, "version 1 of `s`"), (user, "model `m/2`")):
        with pytest.raises(InputError, match=f"Run {item} read {text}, which rollback {undo} has undone"):
            require(item)
    require(earlier)
    require(other_user)
    # Who reads an undone version on purpose, later, may go on; and what is in effect again is read again.
    require(project.run("reader", reads=["s"], state="failed"))
    mark_rolled_back(engine.runs, undo, by="another")
    require(reader)
    require(user)


def stop_rollback(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch, *, restored: int, state: str = "done"
) -> tuple[str, str]:
    """Begin a rollback of a run of the tables `t` and `u` that stops when some of them are restored."""
    project.run(writes={"t": A, "u": A})
    run = project.run("other", writes={"t": B, "u": B}, state=state)
    original, calls = Tables.restore, []

    def restore(*args: Any, **options: Any) -> PublishedVersion:
        calls.append(args)
        if len(calls) > restored:
            raise OSError("disk full")
        return original(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Tables, "restore", restore)
        with pytest.raises(OSError, match="disk full"):
            engine.rollback(run)
    return run, engine.runs.load("last").id


def test_a_full_disk_stops_a_rollback_with_a_message(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Generic LocalFileSystem error: No space left on device (os error 28)")

    project.run(writes={"t": A})
    run = project.run(writes={"t": B})
    with monkeypatch.context() as patch:
        patch.setattr(DeltaTable, "restore", refuse)
        with pytest.raises(TableError, match=r"The disk: No space left on device\. Free") as stopped:
            engine.rollback(run)
    undo = engine.runs.load("last")
    assert stopped.value.__notes__ == [f"run {undo.id}"]
    assert (undo.state, (undo.error or {})["kind"]) == ("failed", "TableError")
    assert engine.resume(undo.id).state == "done"
    assert project.read("t") == [{"a": 1}]


def test_a_rollback_is_not_completed_on_a_table_that_was_created_again(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, undo = stop_rollback(project, engine, monkeypatch, restored=0)
    remove_table(project, "u")
    for _ in range(2):
        project.commit("u", C)
    with pytest.raises(TableError, match="`u` was created again since the rollback was planned"):
        engine.resume(undo)
    # Not even the table before it was restored.
    assert project.read("t") == [{"a": 1}, {"a": 2}]


def test_a_rollback_is_completed_when_a_version_that_was_restored_is_removed(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, undo = stop_rollback(project, engine, monkeypatch, restored=1)
    assert (project.read("t"), project.read("u")) == ([{"a": 1}], [{"a": 1}, {"a": 2}])
    project.commit("t", C, mode="overwrite")
    DeltaTable(str(project.warehouse / "t")).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert engine.resume(undo).state == "done"
    assert (project.read("t"), project.read("u")) == ([{"a": 3}], [{"a": 1}])


def test_nothing_is_restored_if_a_version_is_gone_when_a_rollback_is_resumed(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, undo = stop_rollback(project, engine, monkeypatch, restored=0)
    project.commit("u", C, mode="overwrite")
    with pytest.raises(TableBusy, match="`u` was changed in the meantime"):
        engine.resume(undo)
    DeltaTable(str(project.warehouse / "u")).vacuum(0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(VersionGone, match="Version 0 of table `u`"):
        engine.resume(undo)
    assert project.read("t") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_rollback_that_restored_nothing_can_be_given_up(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    run, undo = stop_rollback(project, engine, monkeypatch, restored=0, state=state)
    remove_table(project, "u")
    project.commit("u", C)
    assert engine.runs.load(run).state == "rolled_back"
    plan = engine.plan_rollback(undo)
    assert (plan.tables, plan.written) == ((), {"t", "u"})
    second = engine.rollback(undo)
    assert second.state == "done"
    assert (engine.runs.load(run).state, engine.runs.load(run).rolled_back) == (state, None)
    assert engine.runs.load(undo).rolled_back == second.id
    context = engine.container.build_run_context()
    assert context.publications.list_open() == ()
    require_no_open_rollback(context.runs, context.publications, ["t", "u"])
    assert project.read("t") == [{"a": 1}, {"a": 2}]
    with pytest.raises(InputError, match="was rolled back by run"):
        engine.resume(undo)
    with pytest.raises(InputError, match="was not complete"):
        engine.rollback(second.id)


def test_a_rollback_that_restored_a_table_is_not_given_up(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, undo = stop_rollback(project, engine, monkeypatch, restored=1)
    with pytest.raises(InputError, match=r"is not complete: .* cannot be given up: it has restored `t`"):
        engine.rollback(undo)
    assert engine.resume(undo).state == "done"
    assert engine.runs.load(run).rolled_back == undo


def test_a_release_of_a_table_with_a_path_of_its_own_is_found(make_project: Callable[..., Path]) -> None:
    conf = "tables:\n  t: {path: elsewhere/of_t}\n"
    engine = Engine(make_project({"jobs/some.py": JOBS, "conf/base/tables.yml": conf}))
    engine.container.__dict__["tables"] = tables = Tables(None, engine.settings)
    project, release = DeltaRuns(engine), "release-20990101-000000-abcdefghij"
    project.warehouse.mkdir(parents=True)
    (engine.root / "elsewhere").mkdir()
    for name in ("t", "t__quarantine"):
        (project.warehouse / name).symlink_to(engine.root / "elsewhere" / name.replace("t", "of_t", 1))
        (engine.root / "elsewhere" / name.replace("t", "of_t", 1)).mkdir()
        project.commit(name, A)
        project.commit(name, B, run_id=release)
    for name in ("t", "t__quarantine"):
        (project.warehouse / name).unlink()
    assert tables.read_history("t__quarantine", None)[0].run_id == release
    evidence = rollback._build_evidence(engine.container)
    assert evidence.find_release(release) == ["t", "t__quarantine"]
    assert evidence.find_release("release-x") == []


def test_a_table_to_which_a_later_run_gave_a_new_id_is_the_same(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": A})
    run = project.run("other", writes={"t": B})
    later = project.run("other", writes={"t": C})
    log, identity = project.warehouse / "t" / "_delta_log", engine.container.tables.pin("t").identity
    first, third = (log / f"{version:020}.json" for version in (0, 2))
    [metadata] = [json.loads(line) for line in first.read_text().splitlines() if "metaData" in line]
    metadata["metaData"]["id"] = "00000000-0000-4000-8000-000000000000"
    third.write_text(third.read_text().rstrip() + "\n" + json.dumps(metadata) + "\n")
    for record in (engine.runs.folder / later).glob("*.jsonl"):
        record.write_text(record.read_text().replace(identity, metadata["metaData"]["id"]))
    assert engine.container.tables.pin("t").identity == metadata["metaData"]["id"]
    undo = engine.rollback(run, cascade=True)
    assert project.read("t") == [{"a": 1}]
    assert undo.state == "done"
