"""Progress of a run: one live line on a terminal, plain lines on a pipe."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TextIO

from sparkops.cli.display.check_lines import check_lines, tally
from sparkops.cli.display.table import in_words, rows_of, seconds, text
from sparkops.errors import SparkopsError
from sparkops.runs.record import Run, state_after
from sparkops.spark.progress import Snapshot

_DOING = {
    "session": "starting Spark",
    "pin": "pinning table versions",
    "suites": "reading the checks",
    "call": "reading and planning",
    "stream": "streaming",
    "compute": "computing",
    "check": "checking",
    "publish": "publishing",
    "results": "keeping the checks' results",
    "docs": "writing Data Docs",
    "register": "certifying and registering the model",
    "report": "drawing the report",
}
_TURN = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Live:
    """Tells a person what runs do; handed to the engine as its `tell`.

    On a terminal the last line is rewritten; elsewhere one line is printed as a job begins and as it ends.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.__stderr__ or sys.stderr
        self._tty = self._out.isatty()
        self._lock = threading.Lock()
        self._job = ""
        self._step = ""
        self._spark = ""
        self._begun = monotonic()
        self._done = threading.Event()
        self._turns = threading.Thread(target=self._turn, daemon=True)
        self._warnings = _Warnings(self._remark)

    def __enter__(self) -> Live:
        """Begin to draw, and to tell what is warned of."""
        logging.getLogger("sparkops").addHandler(self._warnings)
        if self._tty:
            self._turns.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Leave a clean line."""
        logging.getLogger("sparkops").removeHandler(self._warnings)
        self._done.set()
        if self._tty:
            self._turns.join()
            self._wipe()

    def begins(self, job: str) -> None:
        """Tell that a job begins."""
        with self._lock:
            self._job, self._step, self._spark, self._begun = job, "session", "", monotonic()
        if not self._tty:
            self._line(f"{job}: started")

    def step(self, name: str) -> None:
        """Tell the step of the job."""
        with self._lock:
            self._step, self._spark = name, ""

    def spark(self, seen: Snapshot) -> None:
        """Tell how far Spark is."""
        stages = f"stages {seen.stages_done}/{seen.stages_total}" if seen.stages_total else ""
        tasks = f"tasks {seen.tasks_done}/{seen.tasks_total}" if seen.tasks_total else ""
        rows = f"{seen.rows_read:,} rows read" if seen.rows_read else ""
        with self._lock:
            self._spark = ", ".join(filter(None, (stages, tasks, rows)))

    def ended(self, run: Run) -> None:
        """Tell what a run did, and how long this attempt of it took."""
        self._line(f"✓ {run.job} {made(run)} in {seconds(monotonic() - self._begun)}   run {run.id}")
        if run.checks:
            self._remark(f"  {tally(run.checks)}")
        for line in check_lines([check for check in run.checks if not check["success"]]):
            self._remark(f"    {line}")

    def stopped(self, job: str, error: SparkopsError) -> None:
        """Tell that a job stopped, and how; the error itself is told at the end."""
        self._line(f"✗ {job} {in_words(state_after(error))} after {seconds(monotonic() - self._begun)}")

    def left(self, job: str, why: str) -> None:
        """Tell that a job was not run, and why."""
        self._line(f"- {job}: {why}")

    def _line(self, words: str) -> None:
        with self._lock:
            self._job = ""
        self._remark(words)

    def _remark(self, words: str) -> None:
        with self._lock:
            self._wipe()
            self._out.write(words + "\n")
            self._out.flush()

    def _turn(self) -> None:
        turn = 0
        while not self._done.wait(0.1):
            turn += 1
            with self._lock:
                if not self._job:
                    continue
                doing = _DOING.get(self._step, self._step)
                tail = f"  [{self._spark}]" if self._spark else ""
                words = f"{_TURN[turn % len(_TURN)]} {self._job}: {doing}{tail}  {seconds(monotonic() - self._begun)}"
                self._wipe()
                self._out.write(words[: _width() - 1])
                self._out.flush()

    def _wipe(self) -> None:
        if self._tty:
            self._out.write("\r\x1b[2K")


class _Warnings(logging.Handler):
    """Says on the terminal what else only the run's log would hold."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"! {record.getMessage()}")


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((110, 30)).columns


def made(run: Run) -> str:
    """Return in a few words what a run made."""
    if run.registered:
        aliases = "".join(f" @{alias}" for alias in run.registered["aliases"])
        return f"registered {run.registered['name']}/{run.registered['version']}{aliases}"
    if run.report:
        return f"wrote {run.report}"
    if run.batches:
        return f"published {len(run.batches)} batch{'es' if len(run.batches) > 1 else ''}: {_tables(run)}"
    if "stream" in run.timings and not run.outputs:
        return "found nothing new"
    return f"published {_tables(run)}" if run.outputs else "done"


def _tables(run: Run) -> str:
    tables = [f"{name}@{out['version']} ({rows_of(out['rows'])})" for name, out in run.outputs.items()]
    return text(tables)
