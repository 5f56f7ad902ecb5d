"""Flows over shapes of graphs: what fails stops what depends on it, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.engine.listener import Silent
from sparkops.errors import JobFailed, RunCancelled
from sparkops.pipeline.job import Job
from sparkops.place import Place
from sparkops.runs.flow import Step, flow
from sparkops.runs.record import Run


def job(name: str) -> Job:
    return Job(name=name, function=lambda: None, doc="", place=Place("x.py", 1), kind="table")


def run_flow(
    before: dict[str, set[str]], *, broken: set[str], fresh: set[str] = frozenset()
) -> dict[str, Step]:
    def one(which: Job) -> Run:
        if which.name in broken:
            raise JobFailed(which.name)
        return Run(id=which.name, job=which.name, state="done")

    jobs = [job(name) for name in before]
    earlier = lambda j: Run(id="old", job=j.name) if j.name in fresh else None
    return {step.job: step for step in flow(jobs, before=before, fresh=earlier, run=one, told=Silent())}


def test_a_chain_stops_behind_what_failed() -> None:
    steps = run_flow({"a": set(), "b": {"a"}, "c": {"b"}, "d": set()}, broken={"a"})
    assert {name: step.state for name, step in steps.items()} == {
        "a": "failed", "b": "stopped", "c": "stopped", "d": "done",
    }  # fmt: skip


def test_what_is_fresh_is_left_and_feeds_what_follows() -> None:
    steps = run_flow({"a": set(), "b": {"a"}}, broken=set(), fresh={"a"})
    assert (steps["a"].state, steps["b"].state) == ("fresh", "done")


def test_a_cancelled_run_ends_the_flow() -> None:
    def one(_: Job) -> Run:
        raise RunCancelled("stop")

    with pytest.raises(RunCancelled):
        flow([job("a"), job("b")], before={}, fresh=lambda _: None, run=one, told=Silent())


@given(st.data())
def test_on_any_graph_a_job_runs_exactly_when_nothing_above_it_failed(data: st.DataObject) -> None:
    names = [f"j{i}" for i in range(data.draw(st.integers(1, 8)))]
    before = {
        name: set(data.draw(st.lists(st.sampled_from(names[:i]), unique=True))) if i else set()
        for i, name in enumerate(names)
    }
    broken = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    steps = run_flow(before, broken=broken)
    doomed: set[str] = set()
    for name in names:
        if before[name] & doomed:
            doomed.add(name)
            assert steps[name].state == "stopped"
        elif name in broken:
            doomed.add(name)
            assert steps[name].state == "failed"
        else:
            assert steps[name].state == "done"
