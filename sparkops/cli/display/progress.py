"""Show the progress of runs: one live line on a terminal, plain lines on a pipe."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TextIO

from sparkops.cli.display.check_lines import format_checks, summarize_checks
from sparkops.cli.display.format import format_duration, format_state
from sparkops.cli.display.run_lines import format_training, summarize_outputs
from sparkops.core.control_characters import escape_controls_but_styles
from sparkops.errors import SparkopsError
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import choose_state
from sparkops.spark.progress import Snapshot

_STEP_TEXTS = {
    "wait": "waiting for other writers",
    "retry": "waiting for the next attempt",
    "session": "starting Spark",
    "pin": "pinning table versions",
    "suites": "reading the checks",
    "call": "reading and planning",
    "stream": "streaming",
    "compute": "computing",
    "check": "checking",
    "plan": "planning the publication",
    "publish": "publishing",
    "results": "recording the check results",
    "docs": "writing Data Docs",
    "register": "certifying and registering the model",
    "report": "writing the report",
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class ProgressDisplay:
    """A `RunListener` that shows progress on standard error.

    On a terminal the last line is redrawn; elsewhere one line is printed when a job starts and when it ends. Warnings
    that sparkops logs are shown, too.

    Args:
        out: The file to write to.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        # Standard error is redirected to the run's log while a run is executed.
        self._out = out or sys.__stderr__ or sys.stderr
        self._is_terminal = self._out.isatty()
        self._lock = threading.Lock()
        self._job = ""
        self._step = ""
        self._spark = ""
        self._start = monotonic()
        self._closed = threading.Event()
        self._redraw_thread = threading.Thread(target=self._redraw_until_closed, daemon=True)
        self._warnings = _WarningHandler(self._print)

    def __enter__(self) -> ProgressDisplay:
        """Start to draw, and to show warnings."""
        logging.getLogger("sparkops").addHandler(self._warnings)
        if self._is_terminal:
            self._redraw_thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and erase the live line."""
        logging.getLogger("sparkops").removeHandler(self._warnings)
        self._closed.set()
        if self._is_terminal:
            self._redraw_thread.join()
            self._erase_line()

    def run_started(self, job: str) -> None:
        """Show that a run starts."""
        with self._lock:
            self._job, self._step, self._spark, self._start = job, "session", "", monotonic()
        if not self._is_terminal:
            self._print_job_line(f"{job}: started")

    def step_started(self, step: str) -> None:
        """Show the step of the present run."""
        with self._lock:
            self._step, self._spark = step, ""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Show the progress of the present run's Spark jobs."""
        parts = [
            f"stages {snapshot.stages_done}/{snapshot.stages_total}" if snapshot.stages_total else "",
            f"tasks {snapshot.tasks_done}/{snapshot.tasks_total}" if snapshot.tasks_total else "",
            f"{snapshot.rows_read:,} rows read" if snapshot.rows_read else "",
        ]
        with self._lock:
            self._spark = ", ".join(filter(None, parts))

    def run_finished(self, run: Run) -> None:
        """Show what a run published, the duration of this attempt, and the checks that failed."""
        self._print_job_line(
            f"✓ {run.job} {summarize_outputs(run)} in {self._format_elapsed()}   run {run.id}"
        )
        if run.checks:
            self._print(f"  {summarize_checks(run.checks)}")
        for line in format_training(run):
            self._print(f"  {line}")
        for line in format_checks([check for check in run.checks if not check["success"]]):
            self._print(f"    {line}")

    def run_failed(self, job: str, error: SparkopsError) -> None:
        """Show how a run ended; `main` prints the error itself."""
        self._print_job_line(f"✗ {job} {format_state(choose_state(error))} after {self._format_elapsed()}")

    def run_retried(self, job: str, error: SparkopsError, attempt: int, pause: float) -> None:
        """Show what stopped an attempt, and when the next one begins."""
        self._print(f"! {job}: attempt {attempt} {format_state(choose_state(error))}: {error}")
        with self._lock:
            self._step, self._spark = "retry", ""
        self._print(f"  attempt {attempt + 1} begins in {format_duration(pause)}")

    def job_skipped(self, job: str, reason: str) -> None:
        """Show that a job of a flow is not run, and why."""
        self._print_job_line(f"- {job}: {reason}")

    def _format_elapsed(self) -> str:
        return format_duration(monotonic() - self._start)

    def _print_job_line(self, line: str) -> None:
        """Print a line about a job, and stop drawing the live line."""
        with self._lock:
            self._job = ""
        self._print(line)

    def _print(self, line: str) -> None:
        with self._lock:
            self._erase_line()
            self._out.write(escape_controls_but_styles(line) + "\n")
            self._out.flush()

    def _redraw_until_closed(self) -> None:
        count = 0
        while not self._closed.wait(0.1):
            count += 1
            with self._lock:
                if not self._job:
                    continue
                spark = f"  [{self._spark}]" if self._spark else ""
                step = _STEP_TEXTS.get(self._step, self._step)
                line = (
                    f"{_SPINNER[count % len(_SPINNER)]} {self._job}: {step}{spark}  {self._format_elapsed()}"
                )
                self._erase_line()
                self._out.write(line[: shutil.get_terminal_size((110, 30)).columns - 1])
                self._out.flush()

    def _erase_line(self) -> None:
        if self._is_terminal:
            self._out.write("\r\x1b[2K")


class _WarningHandler(logging.Handler):
    """Shows warnings, which otherwise would only be in the run's log."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        # `main` prints these.
        self.addFilter(lambda record: record.name != "sparkops.project")
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(f"! {record.getMessage()}")
