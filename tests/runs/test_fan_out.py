"""Runs of a fan-out: executed at the same time up to a limit; a failed one stops no other."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import ChecksFailed, JobFailed, RunCancelled, SparkopsError
from sparkops.runs.fan_out import ItemResult, combine_errors, run_items


class FakeRunner:
    """An `ItemRunner` whose runs do what a function says."""

    def __init__(self, body: Callable[[int], object] = lambda _: None, failing: Collection[int] = ()) -> None:
        self.body, self.failing = body, failing
        self.started: list[int] = []
        self.active, self.most = 0, 0
        self.requester: str | None = None
        self.reported: list[str] = []
        self.cancelled = threading.Event()
        self.lock = threading.Lock()

    def run(self, number: int) -> str:
        with self.lock:
            self.started.append(number)
            self.active += 1
            self.most = max(self.most, self.active)
        try:
            self.body(number)
        finally:
            with self.lock:
                self.active -= 1
        if number in self.failing:
            raise JobFailed(f"run {number}")
        return f"r{number}"

    def enter_thread(self) -> None: ...

    def cancel_active(self) -> None:
        self.cancelled.set()

    def find_cancel_request(self) -> str | None:
        return self.requester

    def report(self, result: ItemResult) -> None:
        self.reported.append(result.label)


@given(st.integers(1, 12), st.integers(1, 4), st.sets(st.integers(0, 11)))
def test_every_run_is_executed_once_and_none_stops_another(
    count: int, max_parallel: int, failing: set[int]
) -> None:
    runner = FakeRunner(failing=failing)
    results = run_items([f"n={n}" for n in range(count)], runner, max_parallel=max_parallel)
    assert sorted(runner.started) == list(range(count))
    assert sorted(runner.reported) == sorted(f"n={n}" for n in range(count))
    assert runner.most <= max_parallel
    assert [result.label for result in results] == [f"n={n}" for n in range(count)]
    for number, result in enumerate(results):
        assert (result.run_id is None, result.error is None) == (number in failing, number not in failing)


def test_runs_are_executed_at_the_same_time() -> None:
    together = threading.Barrier(3)
    runner = FakeRunner(lambda _: together.wait(20))
    results = run_items(list("abcdef"), runner, max_parallel=3)
    assert runner.most == 3
    assert [result.run_id is not None for result in results] == [True] * 6


def test_fail_fast_starts_no_run_after_a_failed_one() -> None:
    runner = FakeRunner(failing={1})
    results = run_items(list("abcd"), runner, max_parallel=1, fail_fast=True)
    assert runner.started == [0, 1]
    error = combine_errors("j", results)
    assert str(error) == "1 of 4 runs of job `j` did not succeed, 2 were not started:\n  b: run 1"


@pytest.mark.parametrize("by", ["signal", "request"])
def test_a_cancelled_fan_out_ends_its_active_runs_and_starts_no_others(by: str) -> None:
    both_active = threading.Barrier(2)

    def body(number: int) -> None:
        both_active.wait(20)
        if number == 0 and by == "signal":
            os.kill(os.getpid(), signal.SIGINT)
        elif number == 0:
            runner.requester = "ann@desk"
        assert runner.cancelled.wait(20)
        raise RunCancelled("cancelled")

    runner = FakeRunner(body)
    with pytest.raises(RunCancelled, match="SIGINT" if by == "signal" else "ann@desk"):
        run_items(list("abcdef"), runner, max_parallel=2)
    assert set(runner.started) == {0, 1}


def test_the_error_has_the_type_of_all_errors_and_names_the_first() -> None:
    failed = [ItemResult(f"n={n}", error=ChecksFailed(f"bad {n}")) for n in range(7)]
    error = combine_errors("j", [*failed, ItemResult("n=7", run_id="r")])
    assert type(error) is ChecksFailed
    assert str(error).splitlines() == [
        "7 of 8 runs of job `j` did not succeed:",
        *(f"  n={n}: bad {n}" for n in range(5)),
        "  and 2 more",
    ]
    mixed = combine_errors("j", [failed[0], ItemResult("m", error=JobFailed("no"))])
    assert type(mixed) is SparkopsError
    assert combine_errors("j", [ItemResult("n=7", run_id="r")]) is None
