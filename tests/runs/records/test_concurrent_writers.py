"""A hundred processes write records at the same time, and nothing is lost."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparkops.runs.records.run_key import RunKey, RunKeys
from sparkops.runs.records.states import InvalidTransition
from sparkops.runs.records.store import RunStore

WRITERS, EVENTS = 100, 8
SECONDS = 120
# Forked, so that a hundred processes need no hundred interpreters to start: by a process without threads, since a child
# of this one could wait for a lock that a thread of the suite held.
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["sparkops.runs.records.store", "sparkops.runs.records.run_key"])


def run_all(processes: list[multiprocessing.process.BaseProcess]) -> None:
    for process in processes:
        process.daemon = True  # so that one that hangs does not keep the suite from ending
        process.start()
    for process in processes:
        process.join(SECONDS)
    assert {process.exitcode for process in processes} == {0}


def write_run(store: RunStore, keys: RunKeys, number: int, ready: Any) -> None:
    run_id = f"20240101-000000-{number:010d}"
    ready.wait(SECONDS)
    attempt = store.begin(run_id, f"job_{number % 7}")
    for event in range(EVENTS):
        attempt.append("step", timings={f"step_{event}": float(number)}, staged=[f"table_{event}"])
    keys.claim("shared", RunKey("one"), "params", run_id)
    attempt.enter("done", "ended", ended="2024-01-01T00:00:01+00:00")


def test_a_hundred_processes_lose_no_event(tmp_path: Path) -> None:
    store, keys = RunStore(tmp_path / "runs"), RunKeys(tmp_path / "keys")
    ready = FORK.Barrier(WRITERS)
    writers = [FORK.Process(target=write_run, args=(store, keys, number, ready)) for number in range(WRITERS)]
    run_all(writers)
    runs = list(store.list_newest())
    assert len(runs) == WRITERS
    for run in runs:
        number = int(run.id.rpartition("-")[2])
        assert (run.state, run.job) == ("done", f"job_{number % 7}")
        assert run.timings == {f"step_{event}": float(number) for event in range(EVENTS)}
        assert run.staged == tuple(f"table_{event}" for event in range(EVENTS))
    assert len(list(store.list_newest(job="job_3"))) == len([run for run in runs if run.job == "job_3"])
    owner = keys.claim("shared", RunKey("one"), "params", "another")
    assert owner in {run.id for run in runs}, "exactly one process got the key"


def resume_run(store: RunStore, begun: Path, ready: Any) -> None:
    ready.wait(SECONDS)
    # Of those that come later, the run is active.
    with suppress(InvalidTransition):
        number = store.begin("r1", "job").number
        begun.mkdir()
        (begun / str(number)).touch()


def test_processes_that_resume_one_run_have_attempts_of_their_own(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    store.begin("r1", "job").append("ended", state="failed")
    ready = FORK.Barrier(16)
    folders = [tmp_path / f"begun_{number}" for number in range(16)]
    run_all([FORK.Process(target=resume_run, args=(store, folder, ready)) for folder in folders])
    numbers = [int(path.name) for folder in folders if folder.exists() for path in folder.iterdir()]
    assert len(numbers) == len(set(numbers)) >= 1
    assert store.load("r1").attempt == max(numbers)
