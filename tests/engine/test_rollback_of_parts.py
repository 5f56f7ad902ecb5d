"""What rollbacks of single runs leave: the other parts of a job stay up to date, and fan-outs can be completed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from fakes.delta_runs import A, B, C, DeltaRuns

from sparkops import Engine
from sparkops.engine.adapters.rollback import ProjectEvidence
from sparkops.engine.operations import run_job
from sparkops.engine.operations.fan_out import execute, run_each
from sparkops.engine.operations.flows.published_outputs import PublishedOutputs
from sparkops.engine.operations.undo import rollback
from sparkops.errors import InputError, SparkopsError, TableBusy
from sparkops.pipeline.job import Job
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.records.run_lookup import RunLookup
from sparkops.runs.records.states import InvalidTransition
from sparkops.runs.rollback.execute import execute_rollback
from sparkops.runs.rollback.plan import (
    RollbackPlan,
    StateMark,
)


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
    engine.rollback(second)
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
    monkeypatch.setattr(
        run_job, "execute_job", lambda container, job, values, versions, start: jobs.append(job)
    )
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


@pytest.mark.parametrize(("job", "values", "locked"), [("trained", "origin", False), ("part", "month", True)])
def test_a_fan_out_holds_the_locks_of_tables_and_each_part_that_of_its_model(
    job: str, values: str, locked: bool, project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit("s", A)
    locks: list[tuple[bool, int]] = []
    monkeypatch.setattr(engine.container, "warm_up", lambda jobs: None)

    def record(container: object, job: Job, bound: object, **options: Any) -> SimpleNamespace:
        folder = engine.container.build_run_context().locks
        locks.append((options["part"].commit_lock is not None, len(list(folder.glob("*.lock")))))
        return SimpleNamespace(id="r")

    monkeypatch.setattr(execute, "execute_job", record)
    engine.run_each(job, {values: ["a", "b", "c"] if job == "trained" else [1, 2, 3]})
    assert locks == [(locked, int(locked))] * 3


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
    services = rollback._build_services(engine.container, engine.container.build_run_context(), pytest.fail)
    attempt = engine.runs.begin("r", "rollback")
    with pytest.raises(InvalidTransition):
        execute_rollback(plan, attempt, services)
    assert services.publications.list_open() == ()
    assert engine.runs.load("r").state == "failed"


class FakeRegistry:
    """A model registry whose model `m` got version 2, which became champion."""

    before: ClassVar = {"champion": 1, "previous": None, "challenger": None, "champions": [1]}
    after: ClassVar = {"champion": 2, "previous": 1, "challenger": None, "champions": [1, 2]}

    def __init__(self) -> None:
        self.present: Mapping[str, Any] = self.after
        self.versions = [2, 1]

    def list_versions(self, name: str) -> list[Any]:
        return [SimpleNamespace(version=version) for version in self.versions]

    def find_alias_change(self, name: str, version: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return self.before, self.after

    def read_alias_state(self, name: str) -> Mapping[str, Any]:
        return self.present

    def write_alias_state(self, name: str, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        self.present = after


def test_aliases_that_were_moved_and_moved_back_prevent_no_rollback(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = FakeRegistry()
    monkeypatch.setitem(engine.project.__dict__, "models", registry)
    run = project.run("trained", registered={"name": "m", "version": 2})
    registry.present = {**registry.after, "champion": 1}
    with pytest.raises(InputError, match="aliases of model `m` were moved since"):
        engine.rollback(run)
    registry.present = {**registry.after, "champions": [1, 2, 1, 2]}
    registry.versions = [2]
    with pytest.raises(InputError, match="Version 1 of model `m`, which had alias @champion before"):
        engine.rollback(run)
    registry.versions = [2, 1]
    engine.rollback(run)
    assert registry.present == registry.before


def test_two_rollbacks_of_a_run_that_wrote_no_table_exclude_each_other(
    project: DeltaRuns, engine: Engine
) -> None:
    run = project.run("page", report="reports/page.html")
    context = engine.container.build_run_context()
    with (
        lock_for_writing(context.locks, [f"run {run}"], "another"),
        Engine(engine.root, overrides=["wait=0"]) as other,
        pytest.raises(TableBusy, match=f"`run {run}` is being written by run another"),
    ):
        other.rollback(run)
    assert engine.runs.load(run).state == "done"
    engine.rollback(run)
    assert engine.runs.load(run).state == "rolled_back"
    with pytest.raises(SparkopsError, match="was rolled back"):
        engine.rollback(run)
