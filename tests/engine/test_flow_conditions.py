"""Jobs with a condition on another job's metric or checks: what the plan says, what a flow does, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.recorded_runs import RecordedProject, commit

from sparkops import Engine
from sparkops.engine.options import FlowPart
from sparkops.errors import ChecksFailed, DeclarationError, JobFailed

# `c` reads what `b` publishes, and `b` depends on a metric of `a`, which it does not read.
GRAPH = {"a": ["raw"], "b": ["other"], "c": ["b"], "d": ["a", "b"]}
WHEN = "when=Condition('a', metric='drift', at_least=0.5)"


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    project = RecordedProject(make_project(), GRAPH, monkeypatch)
    project.declare("b", options=WHEN)
    return project


def newest(project: RecordedProject, job: str) -> str:
    return next(run.id for run in Engine(project.root).runs.list_newest(job=job))


def test_a_condition_that_holds_lets_the_job_run_once(project: RecordedProject) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    assert project.plan_states() == {"a": "run", "b": "open", "c": "open", "d": "open"}
    assert project.explain("b")[0] == "not known before `a` has run: `drift` of `a` at least 0.5"
    assert project.flow_states() == dict.fromkeys("abcd", "done")
    assert project.plan_states() == dict.fromkeys("abcd", "fresh")
    assert project.flow_states() == dict.fromkeys("abcd", "fresh")


def test_a_condition_that_does_not_hold_skips_the_job_and_what_has_no_input_without_it(
    project: RecordedProject,
) -> None:
    project.runs.metrics = {"a": {"drift": 0.1}}
    assert project.flow_states() == {"a": "done", "b": "skipped", "c": "skipped", "d": "skipped"}
    assert project.plan_states() == {"a": "fresh", "b": "skip", "c": "skip", "d": "skip"}
    reason = f"`drift` of `a` is 0.1, not at least 0.5 (run {newest(project, 'a')})"
    assert project.explain("b") == (reason,)
    assert project.explain("c") == ("table `b` does not exist yet, and job `b` is skipped",)
    (run,) = Engine(project.root).runs.list_newest(job="b")
    assert (run.state, run.skipped, run.outputs) == ("skipped", reason, {})


def test_the_same_skip_is_recorded_once(project: RecordedProject) -> None:
    project.runs.metrics = {"a": {"drift": 0.1}}
    project.flow_states()
    project.flow_states()
    assert len(list(Engine(project.root).runs.list_newest(job="b"))) == 1
    commit(project.warehouse / "raw")
    project.flow_states()
    assert len(list(Engine(project.root).runs.list_newest(job="b"))) == 2


def test_without_a_new_version_of_a_skipped_job_others_read_the_version_that_is_there(
    project: RecordedProject,
) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    project.flow_states()
    project.runs.metrics = {"a": {"drift": 0.1}}
    for table in ("raw", "other"):
        commit(project.warehouse / table)
    assert project.plan_states() == {"a": "run", "b": "open", "c": "open", "d": "run"}
    assert project.flow_states() == {"a": "done", "b": "skipped", "c": "fresh", "d": "done"}
    # What was skipped is still not up to date, and runs once the condition holds.
    project.runs.metrics = {"a": {"drift": 0.9}}
    commit(project.warehouse / "raw")
    assert project.flow_states() == {"a": "done", "b": "done", "c": "done", "d": "done"}


def test_a_job_that_is_up_to_date_is_not_skipped(project: RecordedProject) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    project.flow_states()
    project.runs.metrics = {"a": {"drift": 0.1}}
    commit(project.warehouse / "raw")
    assert project.flow_states() == {"a": "done", "b": "fresh", "c": "fresh", "d": "done"}


@pytest.mark.parametrize(
    ("condition", "outcome", "state"),
    [
        ("metric='drift', at_least=0.5", {}, "done"),
        ("metric='drift', at_most=0.5", {}, "skipped"),
        ("metric='drift', at_least=0.7, at_most=0.7", {}, "done"),
        ("metric='drift', at_least=0.8, at_most=0.9", {}, "skipped"),
        ("metric='other', at_least=0.5", {}, "skipped"),
        ("checks='passed'", {}, "done"),
        ("checks='failed'", {}, "skipped"),
        ("checks='passed'", {"warned": ["a"]}, "skipped"),
        ("checks='failed'", {"warned": ["a"]}, "done"),
    ],
)
def test_conditions_on_metrics_and_checks(
    project: RecordedProject, condition: str, outcome: dict[str, list[str]], state: str
) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    for name, jobs in outcome.items():
        setattr(project.runs, name, jobs)
    project.declare("b", options=f"when=Condition('a', {condition})")
    assert project.flow_states()["b"] == state


def test_several_conditions_all_have_to_hold(project: RecordedProject) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    project.declare(
        "b", options="when=[Condition('a', metric='drift', at_least=0.5), Condition('a', checks='failed')]"
    )
    assert project.flow_states()["b"] == "skipped"
    assert project.explain("b")[0].startswith("0 of 1 check of `a` failed")


@pytest.mark.parametrize("max_parallel", [1, 3])
def test_checks_that_stopped_a_job_decide_a_condition_and_stop_what_reads_from_it(
    project: RecordedProject, max_parallel: int
) -> None:
    project.declare("b", options="when=Condition('a', checks='failed')")
    project.runs.blocked = ["a"]
    with Engine(project.root) as engine, pytest.raises(ChecksFailed):
        engine.flow(FlowPart(), max_parallel=max_parallel)
    assert project.runs.started == ["a", "b", "c"]


def test_any_other_failure_leaves_a_condition_open(project: RecordedProject) -> None:
    project.runs.failing = ["a"]
    with Engine(project.root) as engine, pytest.raises(JobFailed):
        engine.flow(FlowPart())
    assert project.runs.started == ["a"]
    project.runs.failing, project.runs.metrics = [], {"a": {"drift": 0.7}}
    assert project.flow_states() == dict.fromkeys("abcd", "done")


def test_outside_of_the_flow_the_newest_run_counts(project: RecordedProject) -> None:
    with Engine(project.root) as engine:
        (planned,) = engine.plan_flow(FlowPart(["b"], only=True))
        assert planned.state == "skip"
        assert planned.reasons == (
            "`a` has no run that the condition could be about: `drift` of `a` at least 0.5",
        )
    project.runs.metrics = {"a": {"drift": 0.7}}
    project.flow(FlowPart(["a"]))
    assert project.flow(FlowPart(["b"], only=True)) == ["b"]


def test_a_flow_for_a_job_includes_the_job_of_its_condition(project: RecordedProject) -> None:
    project.runs.metrics = {"a": {"drift": 0.7}}
    assert project.flow(FlowPart(["b"])) == ["a", "b"]
    assert project.flow(FlowPart(start="a")) == ["c", "d"]


def test_force_does_not_override_a_condition_and_a_run_of_the_job_itself_does(
    project: RecordedProject,
) -> None:
    project.runs.metrics = {"a": {"drift": 0.1}}
    with Engine(project.root) as engine:
        assert [step.state for step in engine.flow(FlowPart(["b"]), force=True)] == ["done", "skipped"]
        steps = engine.flow(["b"], always_run_targets=True)
        assert [step.state for step in steps] == ["fresh", "done"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "when=Condition('x', checks='passed')",
            "has a condition on job `x`, which this project does not have",
        ),
        ("when=Condition('b', checks='passed')", "a condition on the job itself"),
        ("when=Condition('c', checks='passed')", "depend on each other"),
        ("when=Condition('a')", "give one of them"),
        ("when=Condition('a', metric='m')", "compared with nothing"),
        ("when=Condition('a', metric='m', at_least=1, checks='passed')", "give one of them"),
        ("when=Condition('a', checks='good')", "neither"),
        ("when=Condition('a', checks='passed', at_most=1)", "are for a metric="),
        ("when=Condition('', checks='passed')", "names no job"),
        ("when=['auc > 0.8']", "when= takes Condition"),
    ],
)
def test_a_wrong_condition_is_refused(project: RecordedProject, options: str, message: str) -> None:
    project.declare("b", options=options)
    with pytest.raises(DeclarationError, match=message):
        project.plan_states()


@pytest.mark.parametrize("condition", ["metric='drift', at_least=0.5", "checks='passed'"])
def test_a_condition_on_a_fan_out_is_refused_by_the_plan_and_by_the_flow(
    project: RecordedProject, condition: str
) -> None:
    project.declare("a", options="mode='append', each={'times': [1, 2]}")
    project.declare("b", options=f"when=Condition('a', {condition})")
    for call in (project.plan_states, project.flow_states):
        with pytest.raises(DeclarationError, match="on job `a`, which runs once for each value of times"):
            call()
    assert project.runs.started == []
