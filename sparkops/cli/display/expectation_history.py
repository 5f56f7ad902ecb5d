"""Check results over time: one line for each expectation, with a plot; tab-separated on a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from sparkops.cli.display.check_lines import FAILURE_MARKS
from sparkops.cli.display.echo import make_printable
from sparkops.cli.display.format import format_time
from sparkops.core.wording import format_count
from sparkops.engine.operations.expectation_history import ExpectationHistory
from sparkops.pipeline.checks.check import Moment, format_expectation

_COLOURS = {"fail": "red", "warn": "yellow", "quarantine": "yellow"}
_HEADER = "expectation\tlast\tlast_run\tlast_failed\tfailed\truns\tplot\tmarks"
_BARS = "▁▂▃▄▅▆▇█"
# Drawn for a run without a value.
_NO_VALUE = "·"


def format_histories(table: str, histories: Sequence[ExpectationHistory]) -> Iterator[str]:
    """Yield the lines that show the histories of a table's expectations."""
    if not histories:
        yield (f"No check results of `{table}` yet: run a job that writes it, or `sparkops check {table}`.")
    elif sys.stdout.isatty():
        yield from _format_for_terminal(table, histories, shutil.get_terminal_size((110, 30)).columns)
    else:
        yield _HEADER
        yield from map(make_printable, map(_format_tab_separated, histories))


def draw_sparkline(values: Sequence[float | None]) -> str:
    """Return one block for each value, scaled between the smallest and the largest; only zero gets the lowest block.

    Args:
        values: In order; None is drawn as a dot.
    """
    known = [value for value in values if value is not None]
    smallest = min(known, default=0.0)
    span = max(known, default=0.0) - smallest
    return "".join(_NO_VALUE if value is None else _choose_block(value, smallest, span) for value in values)


def _choose_block(value: float, smallest: float, span: float) -> str:
    if value == 0:
        return _BARS[0]
    steps = len(_BARS) - 2
    return _BARS[1 + (round((value - smallest) / span * steps) if span > 0 else 0)]


def _format_for_terminal(table: str, histories: Sequence[ExpectationHistory], width: int) -> Iterator[str]:
    runs = sorted({check.moment for history in histories for check in history.results})
    first, last = runs[0][0], runs[-1][0]
    count = format_count(len(runs), "run")
    yield click.style(
        f"{make_printable(table)}: {count}, {_to_minute(first)} to {_to_minute(last)}, oldest first",
        bold=True,
    )
    labels = [make_printable(_format_label(history)) for history in histories]
    plots = [_format_plot_and_counts(history, runs) for history in histories]
    label_width = max(map(len, labels))
    plot_width = max(len(click.unstyle(text)) for text in plots)
    one_line = 5 + label_width + 2 + plot_width <= width
    for history, label, plot in zip(histories, labels, plots, strict=True):
        dim = not history.current
        if one_line:
            yield f"{_format_mark(history)} {click.style(label.ljust(label_width), dim=dim)}  {plot}"
        else:
            yield f"{_format_mark(history)} {click.style(label, dim=dim)}"
            yield f"     {plot}"


def _format_mark(history: ExpectationHistory) -> str:
    """Return the newest result as four coloured characters."""
    last = history.last.result
    if not history.current:
        return click.style("gone", dim=True)
    if last.success:
        return click.style("ok  ", fg="green")
    return click.style(FAILURE_MARKS[last.policy], fg=_COLOURS[last.policy], bold=True)


def _format_plot_and_counts(history: ExpectationHistory, runs: Sequence[Moment]) -> str:
    """Return the plot, with a gap for each run without a result, the number of failures and the last failure."""
    failures = history.failures
    blocks = {
        check.moment: _choose_colour(block, failed=not check.result.success)
        for block, check in zip(_draw_plot(history), history.results, strict=True)
    }
    plot = "".join(blocks.get(run, " ") for run in runs)
    count = f"{len(failures)}/{len(history.results)} failed".rjust(2 * len(str(len(runs))) + 8)
    return f"{plot}  {count}" + (f", last {_to_minute(failures[-1].time)}" if failures else "")


def _choose_colour(block: str, *, failed: bool) -> str:
    return click.style(block, fg="red" if failed else "green", bold=failed)


def _to_minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}Z"


def _draw_plot(history: ExpectationHistory) -> str:
    """Return the sparkline of the share of failing rows, or of the observed values if there is no share."""
    shares = [check.result.share for check in history.results]
    if any(share is not None for share in shares):
        return draw_sparkline(shares)
    return draw_sparkline([_to_number(check.result.observed) for check in history.results])


def _to_number(observed: Any) -> float | None:
    is_number = isinstance(observed, int | float) and not isinstance(observed, bool)
    return float(observed) if is_number else None


def _format_tab_separated(history: ExpectationHistory) -> str:
    last, failures = history.last, history.failures
    cells = (
        _format_label(history),
        "ok" if last.result.success else FAILURE_MARKS[last.result.policy],
        last.run,
        format_time(failures[-1].time) if failures else "-",
        str(len(failures)),
        str(len(history.results)),
        _draw_plot(history),
        "".join("." if check.result.success else "x" for check in history.results),
    )
    return "\t".join(cells)


def _format_label(history: ExpectationHistory) -> str:
    result = history.last.result
    return format_expectation(result.expectation, result.kwargs).replace("\t", " ").replace("\n", " ")
