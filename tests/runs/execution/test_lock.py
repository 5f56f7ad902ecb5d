"""One writer for each table: a run waits for another, or is refused."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time

import pytest

from sparkops.errors import TableBusy
from sparkops.runs.execution.lock import lock_for_writing


@pytest.fixture
def locks(tmp_path):
    return tmp_path / "locks"


def hold(locks, name, seconds, *, run_id="first"):
    """Hold a lock in another thread, and return once it is held."""
    taken = threading.Event()

    def take():
        with lock_for_writing(locks, [name], run_id):
            taken.set()
            time.sleep(seconds)

    thread = threading.Thread(target=take)
    thread.start()
    taken.wait()
    return thread


def test_without_waiting_a_locked_table_is_refused_at_once(locks):
    holder = hold(locks, "t", 0.3)
    start = time.monotonic()
    with (
        pytest.raises(TableBusy, match="`t` is being written by run first"),
        lock_for_writing(locks, ["t"], "second"),
    ):
        pass
    assert time.monotonic() - start < 0.2
    holder.join()


def test_a_run_waits_and_names_the_holder_once(locks):
    holder, lines = hold(locks, "t", 0.6), []
    with lock_for_writing(locks, ["a", "t"], "second", wait=10, on_wait=lambda *line: lines.append(line)):
        assert lines == [("t", "first")]
    holder.join()


def test_the_line_names_run_and_table(locks, caplog):
    holder = hold(locks, "t", 0.2)
    with lock_for_writing(locks, ["t"], "second", wait=10):
        pass
    assert [record.getMessage() for record in caplog.records] == ["waiting for run first, which writes `t`"]
    holder.join()


def test_the_waiting_ends_with_a_refusal(locks):
    holder = hold(locks, "t", 1.0)
    start = time.monotonic()
    with (
        pytest.raises(TableBusy, match=r"`t` is still being written by run first after 0.3 seconds"),
        lock_for_writing(locks, ["t"], "second", wait=0.3),
    ):
        pass
    assert 0.3 <= time.monotonic() - start < 0.8
    holder.join()


def test_runs_that_write_several_tables_do_not_wait_for_each_other_forever(locks):
    done = []

    def take(names, run_id):
        for _ in range(5):
            with lock_for_writing(locks, names, run_id, wait=30):
                time.sleep(0.01)
        done.append(run_id)

    threads = [
        threading.Thread(target=take, args=(names, str(number)))
        for number, names in enumerate((["a", "b"], ["b", "a"], ["b"], ["a"]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == ["0", "1", "2", "3"]


def test_the_lock_of_a_process_that_was_killed_is_free(locks):
    code = (
        "import sys, time; from pathlib import Path; from sparkops.runs.execution.lock import lock_for_writing\n"
        f"with lock_for_writing(Path({str(locks)!r}), ['t'], 'killed'):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(TableBusy, match="by run killed"), lock_for_writing(locks, ["t"], "second"):
            pass
        process.kill()
    with lock_for_writing(locks, ["t"], "second", wait=5):
        pass


def test_many_locks_raise_the_limit_of_open_files(locks):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with lock_for_writing(locks, map(str, range(300)), "run"):
            assert len(list(locks.iterdir())) == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
