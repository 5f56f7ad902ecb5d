"""Runs that are stopped from outside: by a signal, by a request, by their time limit, by a later attempt."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeFrame

from sparkops.errors import AttemptSuperseded, RunCancelled, RunTimedOut
from sparkops.pipeline.reports.report import Report
from sparkops.runs.execution.interruption import Interrupter, interruptible
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore


def newest(tmp_path: Path) -> Run:
    return next(RunStore(tmp_path / "state" / "runs").list_newest())


def list_states(run: Run) -> list[str]:
    events = map(json.loads, Path(run.log or "").with_suffix(".jsonl").read_text().splitlines())
    return [event["state"] for event in events if "state" in event]


def cancel_when_running(tmp_path: Path, started: threading.Event) -> threading.Thread:
    def request() -> None:
        started.wait(10)
        RunStore(tmp_path / "state" / "runs").request_cancel(newest(tmp_path), by="ann@desk")

    thread = threading.Thread(target=request)
    thread.start()
    return thread


def test_a_request_stops_a_run_that_waits_and_is_recorded(go, fakes, tmp_path) -> None:
    started = threading.Event()

    def slow(numbers: FakeFrame) -> FakeFrame:
        started.set()
        time.sleep(60)
        return numbers

    requester, start = cancel_when_running(tmp_path, started), time.monotonic()
    with pytest.raises(RunCancelled, match="Cancelled by ann@desk"):
        go(slow)
    requester.join()
    assert time.monotonic() - start < 10
    run = newest(tmp_path)
    assert list_states(run) == ["running", "cancelling", "cancelled"]
    assert run.error == {"kind": "RunCancelled", "message": "Cancelled by ann@desk."}
    assert run.id in fakes.spark.cancelled
    assert "out" not in fakes.tables.versions


def test_a_run_beyond_its_time_limit_is_stopped(go, fakes, tmp_path) -> None:
    def slow(numbers: FakeFrame) -> FakeFrame:
        time.sleep(60)
        return numbers

    with pytest.raises(RunTimedOut, match=r"longer than its time limit of 0.3 seconds"):
        go(slow, timeout=0.3)
    run = newest(tmp_path)
    assert list_states(run) == ["running", "cancelling", "timed_out"]
    assert run.id in fakes.spark.cancelled
    assert go(lambda numbers: numbers, timeout=60, resume=run).state == "done"


def test_a_run_in_another_thread_is_stopped_when_spark_ends_its_jobs(go, fakes, tmp_path) -> None:
    started, cancelled = threading.Event(), threading.Event()
    fakes.spark.on_cancel = cancelled.set

    def waits_for_spark(numbers: FakeFrame) -> FakeFrame:
        started.set()
        assert cancelled.wait(60)
        raise RuntimeError("Spark's job was cancelled")

    requester = cancel_when_running(tmp_path, started)
    with ThreadPoolExecutor(1) as pool, pytest.raises(RunCancelled, match="ann@desk"):
        pool.submit(go, waits_for_spark).result(20)
    requester.join()
    assert newest(tmp_path).state == "cancelled"


def test_a_request_after_the_last_step_changes_nothing(go, tmp_path) -> None:
    run = go(lambda numbers: numbers)
    RunStore(tmp_path / "state" / "runs").request_cancel(run, by="ann@desk")
    assert newest(tmp_path).state == "done"


def test_an_interruption_is_raised_once_and_not_after_the_end() -> None:
    def execute() -> str:
        with interruptible() as interrupter:
            waiting.append(interrupter)
            entered.set()
            try:
                while True:
                    time.sleep(0.001)
            except KeyboardInterrupt:
                interrupter.close()
        # A second one would be raised here.
        for _ in range(200):
            time.sleep(0.0005)
        return "ended"

    waiting: list[Interrupter] = []
    entered = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(execute)
        entered.wait()
        assert waiting[0].interrupt(RunCancelled("first"))
        assert not waiting[0].interrupt(RunCancelled("second"))
        assert result.result(10) == "ended"
    assert str(waiting[0].reason) == "first"
    assert not waiting[0].interrupt(RunCancelled("third"))


@pytest.mark.parametrize("kind", ["table", "report", "quarantine"])
def test_an_attempt_publishes_nothing_once_a_later_one_has_begun(go, fakes, tmp_path, kind: str) -> None:
    store = RunStore(tmp_path / "state" / "runs")

    def continued_elsewhere(numbers: FakeFrame) -> Any:
        # Another machine takes this run for crashed, and continues it.
        (attempt,) = (tmp_path / "state" / "runs").glob("*/attempt-001.jsonl")
        foreign = {"event": "moved", "process": {"host": "elsewhere", "pid": 1, "born": None}}
        with attempt.open("a") as file:
            file.write(json.dumps(foreign) + "\n")
        store.begin(attempt.parent.name, "double")
        return Report(title="t") if kind == "report" else numbers

    declared = {"kind": "report", "writes": ()} if kind == "report" else {}
    if kind == "quarantine":
        fakes.checks.rules["out"] = (lambda n: n < 10, "quarantine")
    with pytest.raises(AttemptSuperseded, match=r"Attempt 1 of run .* attempt 2 of the run has begun"):
        go(continued_elsewhere, **declared)
    assert set(fakes.tables.versions) == {"numbers"}
    assert fakes.reports.titles == []
    assert (newest(tmp_path).attempt, newest(tmp_path).state) == (2, "running")


INTERRUPTED_THREADS = """
import sys, threading
from sparkops.errors import RunCancelled
from sparkops.runs.execution.interruption import Interrupted, interruptible

def run() -> None:
    try:
        with interruptible() as interrupter:
            interrupter.interrupt(RunCancelled("Cancelled."))
            while True:
                pass
    except Interrupted:
        print("interrupted")

for _ in range(3):
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

def traced() -> int:
    return 1

sys.settrace(lambda *_: None)
print(sum(traced() for _ in range(1000)))
"""


def test_functions_are_traced_after_a_run_in_a_thread_was_interrupted() -> None:
    """A pending exception that is taken back would keep Python 3.11 from ever beginning a traced function."""
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_THREADS], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.split() == ["interrupted"] * 3 + ["1000"]


INTERRUPTED_IMPORTS = """
import importlib
import pathlib
import random
import sys
import threading
import time

from sparkops.errors import RunCancelled
from sparkops.runs.execution.interruption import Interrupted, Interrupter, interruptible

folder, place = sys.argv[1:]
sys.path.insert(0, folder)
names = [f"module_{number}" for number in range(200)]
for name in names:
    pathlib.Path(folder, f"{name}.py").write_text("import logging; logging.getLogger('x').warning('imported')")

def import_all() -> None:
    while True:
        for name in names:
            sys.modules.pop(name, None)
            try:
                importlib.import_module(name)
            except (ImportError, KeyError, AttributeError):
                pass  # The other thread has removed it.

def run(interrupters: "list[Interrupter]") -> None:
    try:
        with interruptible() as interrupter:
            interrupters.append(interrupter)
            import_all()
    except Interrupted:
        interrupters.append(None)

def interrupt(interrupters: "list[Interrupter]") -> None:
    while not interrupters:
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.02))
    interrupters[0].interrupt(RunCancelled("Cancelled."))

def require_locks_are_free() -> None:
    def use() -> None:
        import xml.sax.handler
        importlib.reload(xml.sax.handler)
        logging.getLogger("y").warning("free")
    import logging
    other = threading.Thread(target=use, daemon=True)
    other.start()
    other.join(60)
    assert not other.is_alive()

threading.Thread(target=import_all, daemon=True).start()
for _ in range(20):
    interrupters = []
    first, second = (run, interrupt) if place == "main" else (interrupt, run)
    other = threading.Thread(target=second, args=(interrupters,), daemon=True)
    other.start()
    first(interrupters)
    other.join(60)
    assert interrupters[1:] == [None], "the interruption was lost"
    require_locks_are_free()
print("free", flush=True)
import os
os._exit(0)
"""


@pytest.mark.parametrize("place", ["main", "thread"])
def test_a_run_that_is_interrupted_while_it_imports_leaves_no_lock_held(tmp_path, place: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORTS, str(tmp_path), place],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.stdout == "free\n", ended.stderr[-2000:]
