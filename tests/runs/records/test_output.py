"""What threads print and log is in the log of their own run."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sparkops.runs.records.output import capture_output, route_to


class TextLog:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, /) -> int:
        self.text += text
        return len(text)


def test_a_run_writes_to_its_log_and_everything_is_put_back(tmp_path: Path) -> None:
    before = (sys.stdout, sys.stderr, logging.getLogger().level, list(logging.getLogger().handlers))
    with capture_output(tmp_path / "a.log", secrets=["hunter2"]):
        print("the password is hunter2")
        print("an error", file=sys.stderr)
        logging.getLogger("x").info("one %s", "message")
    lines = (tmp_path / "a.log").read_text().splitlines()
    assert lines[:2] == ["the password is ***", "an error"]
    assert lines[2].endswith("INFO x: one message")
    assert (sys.stdout, sys.stderr, logging.getLogger().level, list(logging.getLogger().handlers)) == before


def test_threads_of_several_runs_write_to_their_own_logs(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def run(name: str) -> str:
        with capture_output(tmp_path / name):
            barrier.wait()
            for number in range(200):
                print(name, number)
                logging.getLogger("x").warning("%s", name)
            barrier.wait()
        return (tmp_path / name).read_text()

    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(4) as pool:
        for name, text in zip(names, pool.map(run, names), strict=True):
            lines = text.splitlines()
            assert [line for line in lines if line.startswith(name)] == [f"{name} {n}" for n in range(200)]
            assert len(lines) == 400
            assert all(line.endswith(f"WARNING x: {name}") for line in lines if not line.startswith(name))


def in_thread(call: Callable[[], object]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_a_thread_that_a_run_started_writes_to_the_log_of_the_run() -> None:
    first, second = TextLog(), TextLog()
    with route_to(first):
        in_thread(lambda: print("from a thread"))
    assert first.text == "from a thread\n"

    def beside() -> None:
        with route_to(second):
            # With two runs it is not known which of them started the thread.
            in_thread(lambda: print("from one of them"))

    with route_to(first):
        in_thread(beside)
    assert first.text == "from a thread\nfrom one of them\n"
    assert second.text == "from one of them\n"


def test_a_run_within_a_run_has_its_own_log() -> None:
    outer, inner = TextLog(), TextLog()
    with route_to(outer):
        print("before")
        with route_to(inner):
            print("inside")
        print("after")
    assert (outer.text, inner.text) == ("before\nafter\n", "inside\n")


def test_a_stream_that_was_exchanged_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    other = io.StringIO()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with route_to(TextLog()):
        sys.stdout = other
    assert sys.stdout is other
