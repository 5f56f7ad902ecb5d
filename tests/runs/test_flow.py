"""Flows on graphs of several shapes: a failed job stops what depends on it, and nothing else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.core.place import Place
from sparkops.errors import JobFailed, RunCancelled
from sparkops.pipeline.job import Job
from sparkops.runs.flow import FlowStep, run_jobs
from sparkops.runs.records.run import Run


def job(name: str) -> Job:
    return Job(name=name, function=lambda: None, doc="", place=Place("x.py", 1), kind="table")


class FakeRunner:
    """A `JobRunner` whose jobs take no time, or as long as a function says."""

    def __init__(
        self,
        *,
        failing: Collection[str] = (),
        fresh: Collection[str] = (),
        skipped: Collection[str] = (),
        body: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.failing, self.fresh, self.skipped, self.body = failing, fresh, skipped, body
        self.threads = 0
        self.cancelled = threading.Event()
        self.events: list[tuple[str, str]] = []

    def find_step(self, job: Job, steps: Mapping[str, FlowStep]) -> FlowStep | None:
        if job.name in self.fresh:
            return FlowStep(job.name, "fresh", Run(id="old", job=job.name), reason="up to date")
        return FlowStep(job.name, "skipped", reason="skipped") if job.name in self.skipped else None

    def run(self, job: Job) -> Run:
        self.events.append(("begin", job.name))
        self.body(job.name)
        self.events.append(("end", job.name))
        if job.name in self.failing:
            raise JobFailed(job.name)
        return Run(id=job.name, job=job.name, state="done")

    def skip(self, job: Job, reason: str) -> None:
        self.events.append(("skip", job.name))

    def enter_thread(self) -> None:
        self.threads += 1

    def cancel_active(self) -> None:
        self.cancelled.set()


def run_flow(
    upstream: dict[str, set[str]], *, max_parallel: int = 1, runner: FakeRunner | None = None, **options: Any
) -> dict[str, FlowStep]:
    jobs = [job(name) for name in upstream]
    runner = runner or FakeRunner(**options)
    steps = run_jobs(jobs, runner, upstream=upstream, max_parallel=max_parallel)
    assert [step.job for step in steps] == list(upstream)
    return {step.job: step for step in steps}


def test_a_chain_stops_after_the_job_that_failed() -> None:
    steps = run_flow({"a": set(), "b": {"a"}, "c": {"b"}, "d": set()}, failing={"a"})
    assert {name: step.state for name, step in steps.items()} == {
        "a": "failed", "b": "stopped", "c": "stopped", "d": "done",
    }  # fmt: skip


def test_a_job_that_is_up_to_date_is_skipped_and_later_jobs_run() -> None:
    steps = run_flow({"a": set(), "b": {"a"}}, failing=set(), fresh={"a"})
    assert (steps["a"].state, steps["b"].state) == ("fresh", "done")


def test_a_skipped_job_stops_nothing() -> None:
    steps = run_flow({"a": set(), "b": {"a"}}, skipped={"a"})
    assert (steps["a"].state, steps["b"].state) == ("skipped", "done")


@pytest.mark.parametrize("max_parallel", [1, 2])
def test_a_cancelled_run_ends_the_flow(max_parallel: int) -> None:
    def body(name: str) -> None:
        if name == "a":
            raise RunCancelled("stop")

    runner = FakeRunner(body=body)
    with pytest.raises(RunCancelled):
        run_flow({"a": set(), "b": {"a"}, "c": {"b"}}, runner=runner, max_parallel=max_parallel)
    assert runner.events == [("begin", "a")]


def test_independent_jobs_run_at_the_same_time_up_to_the_limit() -> None:
    together = threading.Barrier(3)
    runner = FakeRunner(body=lambda name: together.wait(20) if name in "bcd" else None)
    steps = run_flow(
        {"a": set(), "b": {"a"}, "c": {"a"}, "d": {"a"}, "e": {"b", "c", "d"}}, runner=runner, max_parallel=3
    )
    assert {step.state for step in steps.values()} == {"done"}
    assert runner.events[:2] == [("begin", "a"), ("end", "a")]
    assert runner.events[-2:] == [("begin", "e"), ("end", "e")]
    assert 1 < runner.threads <= 3


def test_a_signal_cancels_the_active_runs_and_starts_no_others() -> None:
    def body(name: str) -> None:
        if name == "a":
            os.kill(os.getpid(), signal.SIGINT)
        assert runner.cancelled.wait(20)
        raise RunCancelled("Cancelled.")

    runner = FakeRunner(body=body)
    with pytest.raises(RunCancelled):
        run_flow({"a": set(), "b": set(), "c": set(), "d": {"a"}}, runner=runner, max_parallel=2)
    assert {name for event, name in runner.events if event == "begin"} == {"a", "b"}


@given(st.data())
def test_on_any_graph_a_job_runs_exactly_when_nothing_upstream_failed(data: st.DataObject) -> None:
    names = [f"j{i}" for i in range(data.draw(st.integers(1, 8)))]
    upstream = {
        name: set(data.draw(st.lists(st.sampled_from(names[:i]), unique=True))) if i else set()
        for i, name in enumerate(names)
    }
    failing = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    runner = FakeRunner(failing=failing)
    steps = run_flow(upstream, runner=runner, max_parallel=data.draw(st.integers(1, 4)))
    for number, (event, name) in enumerate(runner.events):
        if event == "begin":
            assert {("end", producer) for producer in upstream[name]} <= set(runner.events[:number])
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
