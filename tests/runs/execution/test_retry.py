"""Runs in several attempts: which failures are retried, after which pauses, and what is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeFrame, FakeRunServices

from sparkops.core.place import Place
from sparkops.errors import (
    BadData,
    ChecksFailed,
    EngineError,
    InputError,
    JobFailed,
    RunCancelled,
    RunTimedOut,
    SparkopsError,
    TableBusy,
    TableError,
)
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.runs.execution.retry import execute_attempts, may_pass
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.request import RunContext, RunRequest


class Flaky:
    """A job's function that fails some times, then returns its input."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.inputs: list[list[int]] = []

    def __call__(self, numbers: FakeFrame) -> FakeFrame:
        self.inputs.append(numbers.rows)
        if self.errors:
            raise self.errors.pop(0)
        return numbers


@pytest.fixture
def retry(tmp_path: Path, fakes: FakeRunServices) -> Callable[..., Run]:
    def run(function: Callable[..., Any], **policy: Any) -> Run:
        (tmp_path / "x.py").write_text("# a job\n")
        job = Job(
            name="double", function=function, doc="", place=Place(str(tmp_path / "x.py"), 1), kind="table",
            tables=("numbers",), writes=(Write(table="out"),),
        )  # fmt: skip
        context = RunContext(root=tmp_path, state=tmp_path / "state", env="base")
        on_retry = policy.pop("on_retry", lambda *_: None)
        return execute_attempts(
            RunRequest(job=job, values={}), fakes.connect, context, AttemptPolicy(**policy), on_retry
        )

    return run


def newest(tmp_path: Path) -> Run:
    return next(RunStore(tmp_path / "state" / "runs").list_newest())


def test_a_failed_run_is_tried_again_with_the_same_input_versions(retry, fakes, tmp_path) -> None:
    function = Flaky(OSError("reset"), OSError("reset"))
    pauses: list[tuple[str, int, float]] = []

    def on_retry(error: SparkopsError, attempt: int, pause: float) -> None:
        pauses.append((str(error).split(" (")[0], attempt, pause))
        fakes.tables.versions["numbers"].append([7])

    run = retry(function, retries=3, backoff=0.05, on_retry=on_retry)
    assert (run.state, run.attempt) == ("done", 3)
    assert pauses == [
        ("Job `double` raised OSError: reset", 1, 0.05),
        ("Job `double` raised OSError: reset", 2, 0.1),
    ]
    assert function.inputs == [[1, 2, 3, 100]] * 3
    assert fakes.tables.versions["out"] == [[1, 2, 3, 100]]
    assert [(attempt["number"], attempt["state"]) for attempt in run.attempts] == [
        (1, "failed"),
        (2, "failed"),
        (3, "done"),
    ]
    attempts = sorted(path.name for path in (tmp_path / "state" / "runs" / run.id).glob("*.jsonl"))
    assert attempts == ["attempt-001.jsonl", "attempt-002.jsonl", "attempt-003.jsonl"]


def test_after_the_last_retry_the_run_has_failed(retry, tmp_path) -> None:
    with pytest.raises(JobFailed, match="third"):
        retry(Flaky(OSError("first"), OSError("second"), OSError("third"), OSError("fourth")), retries=2)
    assert (newest(tmp_path).state, newest(tmp_path).attempt) == ("failed", 3)


@pytest.mark.parametrize(
    ("error", "retry_on", "expected"),
    [
        (JobFailed("x"), (), True),
        (EngineError("x"), (), True),
        (TableBusy("x"), (), True),
        (TableError("x"), (), True),
        (ChecksFailed("x"), (), False),
        (ChecksFailed("x"), (ChecksFailed,), True),
        (BadData("x"), (), False),
        (RunTimedOut("x"), (), False),
        (RunTimedOut("x"), (RunTimedOut,), True),
        (InputError("x"), (Exception,), False),
        (RunCancelled("x"), (Exception,), False),
        (JobFailed("x"), (ConnectionError,), False),
        (JobFailed("x"), (EngineError, JobFailed), True),
    ],
)
def test_failures_that_another_attempt_would_meet_again_are_not_retried(error, retry_on, expected) -> None:
    assert may_pass(error, AttemptPolicy(retries=1, retry_on=retry_on)) is expected


def test_retry_on_names_what_the_job_raised_or_what_that_was_raised_from(retry) -> None:
    def fail() -> Exception:
        error = RuntimeError("no answer")
        error.__cause__ = ConnectionResetError("by peer")
        return error

    assert retry(Flaky(fail()), retries=1, retry_on=(ConnectionError,)).attempt == 2
    with pytest.raises(JobFailed, match="no answer"):
        retry(Flaky(fail()), retries=1, retry_on=(KeyError,))


def test_each_attempt_has_the_whole_time_limit(retry, fakes, tmp_path) -> None:
    pauses = iter([60, 0.05])

    def slow(numbers: FakeFrame) -> FakeFrame:
        time.sleep(next(pauses))
        return numbers

    run = retry(slow, retries=1, retry_on=(RunTimedOut,), timeout=0.4)
    assert (run.state, run.attempt) == ("done", 2)


def test_a_run_that_waits_for_its_next_attempt_can_be_cancelled(retry, tmp_path) -> None:
    store, waiting = RunStore(tmp_path / "state" / "runs"), threading.Event()

    def cancel() -> None:
        waiting.wait(10)
        assert newest(tmp_path).state == "queued"
        store.request_cancel(newest(tmp_path), by="ann@desk")

    thread, start = threading.Thread(target=cancel), time.monotonic()
    thread.start()
    with pytest.raises(RunCancelled, match="ann@desk"):
        retry(Flaky(OSError("reset")), retries=1, backoff=60, on_retry=lambda *_: waiting.set())
    thread.join()
    assert time.monotonic() - start < 10
    assert (newest(tmp_path).state, newest(tmp_path).attempt) == ("cancelled", 1)


def test_pauses_double_up_to_a_limit() -> None:
    policy = AttemptPolicy(retries=20, backoff=10)
    assert [policy.compute_pause(attempt) for attempt in (1, 2, 3, 7, 8, 2000)] == [10, 20, 40, 640, 640, 640]
