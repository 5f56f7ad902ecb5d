"""What rollbacks of single runs leave: the other parts of a job stay up to date, and fan-outs can be completed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.delta_runs import DeltaRuns

from sparkops import Engine
from sparkops.engine.adapters.rollback import ProjectEvidence
from sparkops.engine.operations import run_job
from sparkops.engine.operations.fan_out import run_each
from sparkops.engine.operations.flows.published_outputs import PublishedOutputs
from sparkops.engine.operations.undo import rollback
from sparkops.errors import InputError, TableBusy, TableError, VersionGone
from sparkops.pipeline.job import Job
from sparkops.pipeline.table import PublishedVersion
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.rollback_mark import mark_rolled_back
from sparkops.runs.records.run_lookup import RunLookup
from sparkops.runs.records.states import InvalidTransition
from sparkops.runs.rollback.execute import execute_rollback
from sparkops.runs.rollback.plan import (
    RollbackPlan,
    StateMark,
    TableRestore,
    UndoneRun,
    rollback_plan_to_json,
)
from sparkops.runs.rollback.undone_inputs import require_inputs_in_effect
from sparkops.tables import Tables

A, B, C = ({"a": [number]} for number in (1, 2, 3))
JOBS = """
    from pyspark.sql import DataFrame
    from sparkops import Model, job

    @job(writes="t", mode="append")
    def part(s: DataFrame, *, month: int) -> DataFrame:
        return s

    @job(writes="t", mode="overwrite")
    def all_of_it(s: DataFrame) -> DataFrame:
        return s

    @job
    def trained(s: DataFrame, *, origin: str, depth: int = 3) -> Model:
        ...
"""


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Engine:
    engine = Engine(make_project({"jobs/some.py": JOBS}))
    # Whatever needs Spark is refused.
    engine.container.__dict__["tables"] = Tables(None, engine.settings)
    return engine


@pytest.fixture
def project(engine: Engine) -> DeltaRuns:
    return DeltaRuns(engine)


def find_lost(engine: Engine, run_id: str) -> list[str]:
    run = engine.runs.load(run_id)
    lookup = RunLookup.of(engine.runs)
    return PublishedOutputs(engine.container).find_lost(engine.project.find_declared(run.job), run, lookup)


def test_the_rollback_of_one_part_leaves_the_others_up_to_date(project: DeltaRuns, engine: Engine) -> None:
    first, second, third = (
        project.run("part", writes={"t": rows}, params={"month": month})
        for month, rows in enumerate((A, B, C), 1)
    )
    undo = engine.rollback(third)
    assert find_lost(engine, first) == find_lost(engine, second) == []
    # Further parts, and the rollback taken back by its parts: nothing is appended again.
    fourth = project.run("part", writes={"t": C}, params={"month": 4})
    assert find_lost(engine, first) == find_lost(engine, fourth) == []
    engine.rollback(engine.rollback(fourth).id)
    assert [find_lost(engine, run) for run in (first, second, fourth)] == [[], [], []]
    assert engine.runs.load(undo.id).state == "done"


def test_a_part_whose_rollback_is_taken_back_is_up_to_date(project: DeltaRuns, engine: Engine) -> None:
    first = project.run("part", writes={"t": A}, params={"month": 1})
    second = project.run("part", writes={"t": B}, params={"month": 2})
    engine.rollback(engine.rollback(second).id)
    assert project.read("t") == [{"a": 1}, {"a": 2}]
    assert find_lost(engine, first) == find_lost(engine, second) == []


def test_a_table_that_a_rollback_returned_to_a_run_is_as_the_run_left_it(
    project: DeltaRuns, engine: Engine
) -> None:
    first = project.run("all_of_it", writes={"t": A}, mode="overwrite", params={})
    second = project.run("all_of_it", writes={"t": B}, mode="overwrite", params={})
    assert find_lost(engine, first) == [f"`t` was changed since by run {second}"]
    undo = engine.rollback(second)
    assert find_lost(engine, first) == []
    # A later commit of another writer still counts.
    project.commit("t", C)
    assert find_lost(engine, first)[0].startswith("`t` was changed since by a commit that no run made")


def test_a_rollback_of_what_a_run_wrote_itself_counts(project: DeltaRuns, engine: Engine) -> None:
    first = project.run("part", writes={"t": A}, params={"month": 1})
    undo = engine.rollback(first)
    assert find_lost(engine, first) == [f"`t` was changed since by run {undo.id}"]


def test_a_part_of_a_training_fan_out_registers_its_own_model_when_it_is_resumed(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.container, "warm_up", lambda jobs: None)
    jobs: list[Job] = []
    monkeypatch.setattr(run_job, "execute_job", lambda container, job, values, start: jobs.append(job))
    parent = "20990101-000000-parentabcd"
    parts = [
        project.run("trained", params={"origin": origin, "depth": 3}, parent=parent, state="failed")
        for origin in ("JFK", "New York")
    ]
    alone = project.run("trained", params={"origin": "JFK", "depth": 3}, state="failed")
    with pytest.raises(InputError, match=f"part of fan-out {parent}, whose record is gone"):
        engine.resume(parts[0])
    items = [
        {"run": part, "label": origin, "params": {"origin": origin}}
        for part, origin in zip(parts, ("JFK", "New York"), strict=True)
    ]
    project.run("trained", run_id=parent, items=items, each={"origin": ["JFK", "New York"]}, state="failed")
    for run_id in (*parts, alone):
        engine.resume(run_id)
    assert [job.registers for job in jobs] == [
        "trained-origin-JFK",
        "trained-origin-New_York-" + hashlib.sha256(b"New York").hexdigest()[:6],
        "trained",
    ]


def test_the_model_of_a_part_is_found_by_its_own_name(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = "20990101-000000-parentabcd"
    part = project.run("trained", params={"origin": "JFK"}, parent=parent, state="failed")
    items = [{"run": part, "label": "JFK", "params": {"origin": "JFK"}}]
    project.run("trained", run_id=parent, items=items, state="failed")
    versions = {"trained-origin-JFK": [(2, part)], "trained": [(5, "another run")]}
    models = SimpleNamespace(
        list_versions=lambda name: [
            SimpleNamespace(version=version, run_id=run) for version, run in versions[name]
        ],
        find_alias_change=lambda name, version: ({"champion": 1}, {"champion": version}),
    )
    monkeypatch.setitem(engine.project.__dict__, "models", models)
    evidence = ProjectEvidence(engine.project, engine.container.tables, lambda: models)  # type: ignore[arg-type,return-value]
    registration = evidence.find_registration(engine.runs.load(part))
    assert registration is not None
    assert (registration.model, registration.version) == ("trained-origin-JFK", 2)


def record_fan_out(project: DeltaRuns, *states: str, state: str = "failed") -> tuple[str, list[str]]:
    parent = "20990101-000000-parentabcd"
    parts = [
        project.run("part", writes={"t": A}, params={"month": month}, parent=parent, state=state)
        for month, state in enumerate(states, 1)
    ]
    items = [
        {"run": part, "label": f"month={month}", "params": {"month": month}}
        for month, part in enumerate(parts, 1)
    ]
    project.run(
        "part", run_id=parent, items=items, each={"month": list(map(str, range(len(states))))}, state=state
    )
    return parent, parts


def test_a_fan_out_with_a_part_that_was_rolled_back_is_completed_without_it(
    project: DeltaRuns, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    project.run(writes={"t": A})
    parent, parts = record_fan_out(project, "done", "done")
    engine.rollback(parts[1])
    assert engine.resume(parent).state == "done"
    assert "1 of the 2 runs of fan-out 20990101-000000-parentabcd were rolled back" in caplog.text
    assert "month=2" in caplog.text
    assert "month=1" not in caplog.text
    assert [engine.runs.load(part).state for part in parts] == ["done", "rolled_back"]


def test_only_parts_that_did_not_succeed_and_were_not_rolled_back_are_resumed(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.container, "warm_up", lambda jobs: None)
    project.run(writes={"t": A})
    parent, parts = record_fan_out(project, "done", "failed", "failed")
    engine.rollback(parts[2])
    resumed: list[str] = []
    monkeypatch.setattr(
        run_each.FanOut, "execute", lambda fan_out: resumed.extend(item.run_id for item in fan_out.items)
    )
    engine.resume(parent)
    assert resumed == [parts[1]]


def test_a_fan_out_is_rolled_back_after_one_of_its_parts(project: DeltaRuns, engine: Engine) -> None:
    project.run(writes={"t": C})
    parent, parts = record_fan_out(project, "done", "done", state="done")
    first = engine.rollback(parts[1])
    second = engine.rollback(parent)
    assert project.read("t") == [{"a": 3}]
    assert [engine.runs.load(run).rolled_back for run in (*parts, parent)] == [second.id, first.id, second.id]
    context = engine.container.build_run_context()
    assert context.publications.list_open() == ()
    # What each rollback undid comes back with it.
    engine.rollback(second.id)
    assert project.read("t") == [{"a": 1}, {"a": 3}]
    assert [engine.runs.load(run).state for run in (*parts, parent)] == ["done", "rolled_back", "done"]


def test_a_run_that_was_undone_twice_is_undone_by_the_first_rollback_again(
    project: DeltaRuns, engine: Engine
) -> None:
    project.run(writes={"t": C})
    run = project.run("part", writes={"t": A}, params={"month": 1})
    first = engine.rollback(run)
    second = engine.rollback(first.id)
    third = engine.rollback(run)
    fourth = engine.rollback(second.id, cascade=True)
    assert project.read("t") == [{"a": 3}]
    states = {item: (engine.runs.load(item).state, engine.runs.load(item).rolled_back)
              for item in (run, first.id, second.id, third.id)}  # fmt: skip
    assert states == {
        run: ("rolled_back", first.id),
        first.id: ("done", None),
        second.id: ("rolled_back", fourth.id),
        third.id: ("rolled_back", fourth.id),
    }
    assert engine.container.build_run_context().publications.list_open() == ()
    engine.rollback(first.id, cascade=True)
    assert project.read("t") == [{"a": 1}, {"a": 3}]
    assert engine.runs.load(run).state == "done"


def test_a_rollback_that_cannot_mark_a_run_changes_nothing(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run(writes={"t": C})
    run = project.run("part", writes={"t": A}, params={"month": 1}, state="running")
    plan = RollbackPlan(run="r", runs=(), marks=(StateMark(run=run, by="r"),))
    services = rollback._build_services(
        engine.container, engine.container.build_run_context(), lambda step: pytest.fail(step)
    )
    attempt = engine.runs.begin("r", "rollback")
    with pytest.raises(InvalidTransition):
        execute_rollback(plan, attempt, services)
    assert services.publications.list_open() == ()
    assert engine.runs.load("r").state == "failed"


def remove_table(project: DeltaRuns, table: str) -> None:
    shutil.rmtree(project.warehouse / table)


@pytest.mark.parametrize(
    ("is_recreated", "message"),
    [(False, "Table `u` does not exist any more since version 1"), (True, "Table `u` was created again since")],
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
    with pytest.raises(InputError, match=f"nothing was changed. {message}"):
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
        VersionGone, match="nothing was changed. The log of table `u` no longer has version 0"
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
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch, *, restored: int
) -> tuple[str, str]:
    """Begin a rollback of a run of the tables `t` and `u` that stops when some of them are restored."""
    project.run(writes={"t": A, "u": A})
    run = project.run("other", writes={"t": B, "u": B})
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
