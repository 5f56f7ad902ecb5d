"""Show the progress of runs: one live line on a terminal, plain lines on a pipe."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TextIO

from sparkops.cli.display.check_lines import format_checks, summarize_checks
from sparkops.cli.display.echo import get_secrets, make_printable
from sparkops.cli.display.fan_out_progress import LiveFanOutProgress
from sparkops.cli.display.format import format_duration, format_state
from sparkops.cli.display.run_lines import format_training, summarize_outputs
from sparkops.errors import SparkopsError
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import choose_state

if TYPE_CHECKING:
    from sparkops.spark.progress import Snapshot

_STEP_TEXTS = {
    "wait": "waiting for other writers",
    "retry": "waiting for the next attempt",
    "session": "starting Spark",
    "pin": "pinning table versions",
    "suites": "reading the checks",
    "inputs": "checking the inputs",
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
    "compare": "comparing with the recorded result",
}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class _LiveItem(Protocol):
    """A run or fan-out that the live line shows."""

    def describe(self) -> str:
        """Return its progress."""


class ProgressDisplay:
    """A `RunListener` that shows progress on standard error.

    On a terminal the last line is redrawn; elsewhere one line is printed when a run starts and when it ends. Warnings
    that sparkops logs are shown, too.

    Args:
        out: The file to write to.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        # Standard error is redirected to the run's log while a run is executed.
        self._out = out or sys.__stderr__ or sys.stderr
        self.is_terminal = self._out.isatty()
        # Other threads print, too; the command adds secrets when it has read the configuration.
        self._secrets = get_secrets()
        self._lock = threading.Lock()
        self._active: list[_LiveItem] = []
        self._closed = threading.Event()
        self._redraw_thread = threading.Thread(target=self._redraw_until_closed, daemon=True)
        self._warnings = _WarningHandler(self._print_warning)
        self._printed_warnings: set[str] = set()

    def __enter__(self) -> ProgressDisplay:
        """Start to draw, and to show warnings."""
        logging.getLogger("sparkops").addHandler(self._warnings)
        if self.is_terminal:
            self._redraw_thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and erase the live line."""
        logging.getLogger("sparkops").removeHandler(self._warnings)
        self._closed.set()
        if self.is_terminal:
            self._redraw_thread.join()
            self._erase_line()

    def run_started(self, label: str) -> LiveRunProgress:
        """Show that a run starts."""
        run = LiveRunProgress(self, label)
        self._begin(run, label)
        return run

    def fan_out_started(self, job: str, count: int) -> LiveFanOutProgress:
        """Show that a fan-out starts."""
        fan_out = LiveFanOutProgress(self, job, count)
        self._begin(fan_out, f"{job} [{count:,} runs]")
        return fan_out

    def _begin(self, shown: _LiveItem, label: str) -> None:
        with self._lock:
            self._active.append(shown)
        if not self.is_terminal:
            self.print(f"{label}: started")

    def run_skipped(self, label: str, reason: str) -> None:
        """Show that a run is not needed or not possible, and why."""
        self.print(f"- {label}: {reason}")

    def end(self, run: _LiveItem, line: str) -> None:
        """Print how a run or fan-out ended, and draw it no more."""
        with self._lock:
            if run in self._active:
                self._active.remove(run)
        self.print(line)

    def print(self, line: str) -> None:
        """Print a line above the live one."""
        with self._lock:
            self._erase_line()
            self._out.write(make_printable(line, self._secrets) + "\n")
            self._out.flush()

    def _print_warning(self, message: str) -> None:
        """Print a warning; the runs of a large fan-out print the same one once."""
        if message not in self._printed_warnings or not any(
            isinstance(shown, LiveFanOutProgress) for shown in self._active
        ):
            self._printed_warnings.add(message)
            self.print(f"! {message}")

    def _redraw_until_closed(self) -> None:
        count = 0
        while not self._closed.wait(0.1):
            count += 1
            with self._lock:
                if not self._active:
                    continue
                runs = " | ".join(run.describe() for run in self._active)
                line = make_printable(f"{_SPINNER[count % len(_SPINNER)]} {runs}", self._secrets)
                self._erase_line()
                self._out.write(line[: shutil.get_terminal_size((110, 30)).columns - 1])
                self._out.flush()

    def _erase_line(self) -> None:
        if self.is_terminal:
            self._out.write("\r\x1b[2K")


class LiveRunProgress:
    """A `RunProgress` that a `ProgressDisplay` shows.

    Args:
        display: Where it is shown.
        label: What the run is called.
    """

    def __init__(self, display: ProgressDisplay, label: str) -> None:
        self._display, self._label = display, label
        self._step, self._spark = "session", ""
        self._start = monotonic()

    def describe(self) -> str:
        """Return the present step and the progress of Spark, as the live line shows them."""
        spark = f"  [{self._spark}]" if self._spark else ""
        return f"{self._label}: {_STEP_TEXTS.get(self._step, self._step)}{spark}  {self._format_elapsed()}"

    def step_started(self, step: str) -> None:
        """Show the step."""
        self._step, self._spark = step, ""

    def spark_progressed(self, snapshot: Snapshot) -> None:
        """Show the progress of Spark's jobs."""
        parts = [
            f"stages {snapshot.stages_done}/{snapshot.stages_total}" if snapshot.stages_total else "",
            f"tasks {snapshot.tasks_done}/{snapshot.tasks_total}" if snapshot.tasks_total else "",
            f"{snapshot.rows_read:,} rows read" if snapshot.rows_read else "",
        ]
        self._spark = ", ".join(filter(None, parts))

    def retried(self, error: SparkopsError, attempt: int, pause: float) -> None:
        """Show what stopped an attempt, and when the next one begins."""
        self._display.print(
            f"! {self._label}: attempt {attempt} {format_state(choose_state(error))}: {error}\n"
            f"  attempt {attempt + 1} begins in {format_duration(pause)}"
        )
        self.step_started("retry")

    def finished(self, run: Run) -> None:
        """Show what the run published, the duration of this attempt, and the checks that failed."""
        lines = [
            f"✓ {self._label} {summarize_outputs(run)} in {self._format_elapsed()}   run {run.id}",
            *([f"  {summarize_checks(run.checks)}"] if run.checks else []),
            *(f"  {line}" for line in format_training(run)),
            *(
                f"    {line}"
                for line in format_checks([check for check in run.checks if not check["success"]])
            ),
        ]
        self._display.end(self, "\n".join(lines))

    def failed(self, error: SparkopsError) -> None:
        """Show how the run ended; `main` prints the error itself."""
        self._display.end(
            self, f"✗ {self._label} {format_state(choose_state(error))} after {self._format_elapsed()}"
        )

    def _format_elapsed(self) -> str:
        return format_duration(monotonic() - self._start)


class _WarningHandler(logging.Handler):
    """Shows warnings, which otherwise would only be in the run's log."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        # `main` prints these.
        self.addFilter(lambda record: record.name != "sparkops.project")
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(record.getMessage())
