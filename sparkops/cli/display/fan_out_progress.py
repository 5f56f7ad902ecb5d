"""Show the progress of a fan-out: each run if they are few, else how many have ended."""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any, Final, Protocol

from sparkops.cli.display.format import format_duration, format_state
from sparkops.cli.display.run_lines import summarize_outputs
from sparkops.engine.listener import NullProgress, RunProgress
from sparkops.errors import SparkopsError
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import choose_state

# With more runs, only their number is shown.
_MAX_SHOWN: Final = 20
# Failed runs that are printed; the error at the end names some, too.
_MAX_FAILED: Final = 10
# Lines with the number of ended runs that are printed if the output is no terminal.
_COUNT_LINES: Final = 10


class FanOutDisplay(Protocol):
    """Where a fan-out is shown."""

    @property
    def is_terminal(self) -> bool:
        """Return whether a live line shows the progress."""

    def print(self, line: str) -> None:
        """Print a line."""

    def run_started(self, label: str) -> RunProgress:
        """Show a run by itself."""

    def end(self, run: Any, line: str) -> None:
        """Print how a run or fan-out ended, and stop showing its progress."""


class LiveFanOutProgress:
    """A `FanOutProgress` that a display shows.

    Args:
        display: Where it is shown.
        job: The job.
        count: Its number of runs.
    """

    def __init__(self, display: FanOutDisplay, job: str, count: int) -> None:
        self._display, self._job, self._count = display, job, count
        self._label = f"{job} [{count:,} runs]"
        self._start = monotonic()
        # When the first run started. The estimate leaves out the time before, in which Spark starts.
        self._first: float | None = None
        self._lock = threading.Lock()
        self._active, self._done, self._failed = 0, 0, 0

    def run_started(self, label: str) -> RunProgress:
        """Show that one of the runs starts."""
        if self._count <= _MAX_SHOWN:
            return self._display.run_started(f"{self._job} [{label}]")
        with self._lock:
            self._first = self._first or monotonic()
            self._active += 1
        return _CountedRun(self, label)

    def end_run(self, label: str, error: SparkopsError | None) -> None:
        """Count a run that has ended; print it if it is one of the first that failed, and at intervals all counts."""
        with self._lock:
            self._active -= 1
            self._done += error is None
            self._failed += error is not None
            ended, failed = self._done + self._failed, self._failed
        if error is not None and failed <= _MAX_FAILED:
            more = "; further ones are only counted" if failed == _MAX_FAILED else ""
            self._display.print(f"✗ {self._job} [{label}] {format_state(choose_state(error))}{more}")
        if not self._display.is_terminal and ended % max(1, self._count // _COUNT_LINES) == 0:
            self._display.print(self.describe())

    def describe(self) -> str:
        """Return how many runs have ended, and how long the others may take."""
        ended, now = self._done + self._failed, monotonic()
        parts = [f"{self._done:,} of {self._count:,} done"]
        parts += [f"{self._failed:,} failed"] if self._failed else []
        parts += [f"{self._active:,} running"] if self._active else []
        remaining = (now - (self._first or now)) / ended * (self._count - ended) if ended else 0
        left = f", about {format_duration(remaining)} left" if remaining >= 1 else ""
        counts = ", ".join(parts) if self._count > _MAX_SHOWN else "waiting for its runs"
        return f"{self._label}: {counts}  {self._format_elapsed()}{left}"

    def finished(self, run: Run) -> None:
        """Show that all runs are done."""
        self._display.end(
            self, f"✓ {self._label} {summarize_outputs(run)} in {self._format_elapsed()}   run {run.id}"
        )

    def failed(self, error: SparkopsError) -> None:
        """Show how the fan-out ended; `main` prints the error itself."""
        self._display.end(
            self, f"✗ {self._label} {format_state(choose_state(error))} after {self._format_elapsed()}"
        )

    def _format_elapsed(self) -> str:
        return format_duration(monotonic() - self._start)


class _CountedRun(NullProgress):
    """A `RunProgress` that only counts the end of a run.

    Args:
        fan_out: The fan-out that the run belongs to.
        label: The run's parameter values, which distinguish it from the others.
    """

    def __init__(self, fan_out: LiveFanOutProgress, label: str) -> None:
        self._fan_out, self._label = fan_out, label

    def finished(self, run: Run) -> None:
        """Count the run."""
        del run
        self._fan_out.end_run(self._label, None)

    def failed(self, error: SparkopsError) -> None:
        """Count the run, and print it if few have failed."""
        self._fan_out.end_run(self._label, error)
