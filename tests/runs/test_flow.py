"""Flows on graphs of several shapes: a failed job stops what depends on it, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import JobFailed, RunCancelled
from sparkops.pipeline.job import Job
from sparkops.place import Place
from sparkops.runs.flow import FlowStep, run_in_order
from sparkops.runs.records.run import Run


def job(name: str) -> Job:
    return Job(name=name, function=lambda: None, doc="", place=Place("x.py", 1), kind="table")


def run_flow(
    upstream: dict[str, set[str]], *, failing: set[str], fresh: set[str] = frozenset()
) -> dict[str, FlowStep]:
    def one(which: Job) -> Run:
        if which.name in failing:
            raise JobFailed(which.name)
        return Run(id=which.name, job=which.name, state="done")

    jobs = [job(name) for name in upstream]
    find_fresh = lambda j: Run(id="old", job=j.name) if j.name in fresh else None
    steps = run_in_order(jobs, upstream=upstream, find_fresh=find_fresh, run=one, on_skip=ignore)
    return {step.job: step for step in steps}


def ignore(job: str, reason: str) -> None:
    """Ignore a skipped job."""


def test_a_chain_stops_after_the_job_that_failed() -> None:
    steps = run_flow({"a": set(), "b": {"a"}, "c": {"b"}, "d": set()}, failing={"a"})
    assert {name: step.state for name, step in steps.items()} == {
        "a": "failed", "b": "stopped", "c": "stopped", "d": "done",
    }  # fmt: skip


def test_a_job_that_is_up_to_date_is_skipped_and_later_jobs_run() -> None:
    steps = run_flow({"a": set(), "b": {"a"}}, failing=set(), fresh={"a"})
    assert (steps["a"].state, steps["b"].state) == ("fresh", "done")


def test_a_cancelled_run_ends_the_flow() -> None:
    def one(_: Job) -> Run:
        raise RunCancelled("stop")

    with pytest.raises(RunCancelled):
        run_in_order([job("a"), job("b")], upstream={}, find_fresh=lambda _: None, run=one, on_skip=ignore)


@given(st.data())
def test_on_any_graph_a_job_runs_exactly_when_nothing_upstream_failed(data: st.DataObject) -> None:
    names = [f"j{i}" for i in range(data.draw(st.integers(1, 8)))]
    upstream = {
        name: set(data.draw(st.lists(st.sampled_from(names[:i]), unique=True))) if i else set()
        for i, name in enumerate(names)
    }
    failing = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    steps = run_flow(upstream, failing=failing)
    stopped: set[str] = set()
    for name in names:
        if upstream[name] & stopped:
            stopped.add(name)
            assert steps[name].state == "stopped"
        elif name in failing:
            stopped.add(name)
            assert steps[name].state == "failed"
        else:
            assert steps[name].state == "done"
