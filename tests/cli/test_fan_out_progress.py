"""Progress of a fan-out: a few runs by themselves, many as numbers."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection

from sparkops.cli.display.progress import ProgressDisplay
from sparkops.errors import ChecksFailed, JobFailed
from sparkops.runs.records.run import Run

PARENT = Run(id="r0", job="sales", state="done", items=({"run": "r1"}, {"run": "r2"}))


class Terminal(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def show(count: int, failing: Collection[int] = (), out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    with ProgressDisplay(out) as display:
        fan_out = display.fan_out_started("sales", count)
        for number in range(count):
            run = fan_out.run_started(f"part={number}")
            run.step_started("compute")
            if number in failing:
                run.failed(ChecksFailed(f"no {number}"))
            else:
                run.finished(Run(id=f"r{number}", job="sales", state="done"))
        if failing:
            fan_out.failed(JobFailed("some"))
        else:
            fan_out.finished(PARENT)
    return out.getvalue().replace("\r\x1b[2K", "").splitlines()


def test_few_runs_have_lines_of_their_own() -> None:
    lines = show(2)
    assert lines[0] == "sales [2 runs]: started"
    assert [line.partition(" in ")[0] for line in lines if line.startswith("✓")] == [
        "✓ sales [part=0] done",
        "✓ sales [part=1] done",
        "✓ sales [2 runs] 2 runs done",
    ]


def test_many_runs_are_counted() -> None:
    lines = show(1000)
    assert len(lines) == 12
    assert lines[0] == "sales [1,000 runs]: started"
    assert lines[1].startswith("sales [1,000 runs]: 100 of 1,000 done")
    assert lines[10].startswith("sales [1,000 runs]: 1,000 of 1,000 done")


def test_of_many_failed_runs_the_first_are_named() -> None:
    lines = show(1000, failing=range(0, 1000, 2))
    failed = [line for line in lines if line.startswith("✗ sales [part=")]
    assert len(failed) == 10
    assert failed[0] == "✗ sales [part=0] checks failed"
    assert failed[-1] == "✗ sales [part=18] checks failed; further ones are only counted"
    assert "500 of 1,000 done, 500 failed" in lines[-2]


def test_a_terminal_has_one_live_line() -> None:
    out = Terminal()
    with ProgressDisplay(out) as display:
        fan_out = display.fan_out_started("sales", 1000)
        first, _ = fan_out.run_started("part=0"), fan_out.run_started("part=1")
        first.finished(Run(id="r1", job="sales", state="done"))
        assert fan_out.describe().startswith("sales [1,000 runs]: 1 of 1,000 done, 1 running  ")
        fan_out.finished(PARENT)
    printed = [line for line in out.getvalue().replace("\r\x1b[2K", "").splitlines() if line]
    assert [line for line in printed if line[0] not in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"][-1].startswith("✓ sales [1,000 runs]")


def test_a_warning_that_every_run_repeats_is_shown_once() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as display:
        fan_out = display.fan_out_started("sales", 3)
        for number in range(3):
            logging.getLogger("sparkops.tables").warning("Source `raw` is read as it is now.")
            logging.getLogger("sparkops.tables").warning("Part %d is late.", number)
        fan_out.finished(PARENT)
    lines = [line for line in out.getvalue().splitlines() if line.startswith("!")]
    assert lines == ["! Source `raw` is read as it is now.", *(f"! Part {n} is late." for n in range(3))]
