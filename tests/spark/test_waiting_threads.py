"""Threads that wait for Spark while another thread starts it."""

from __future__ import annotations

import threading
from pathlib import Path

from fakes.settings import build_settings

from sparkops.errors import RunCancelled
from sparkops.runs.execution.interruption import Interrupted, Interrupter, interruptible
from sparkops.spark import Starter


def test_a_run_that_waits_until_another_thread_has_started_spark_can_be_interrupted(tmp_path: Path) -> None:
    starter = Starter(build_settings(tmp_path))
    interrupters: list[Interrupter] = []
    is_ready, stopped = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with interruptible() as interrupter:
                interrupters.append(interrupter)
                is_ready.set()
                starter.session()
        except Interrupted:
            stopped.set()

    with starter.reserve_session():
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert is_ready.wait(30)
        assert interrupters[0].interrupt(RunCancelled("Cancelled."))
        # This thread has not made the session yet.
        assert stopped.wait(30)
    thread.join()
    assert not starter.is_started
