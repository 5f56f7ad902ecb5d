"""How `sparkops checks history` looks: a line for each expectation on a terminal, tab-separated on a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from sparkops.cli.display.table import when
from sparkops.cli.plot import marked, sparkline
from sparkops.engine.operations.expectation_history import Past
from sparkops.pipeline.check import CheckResult, Moment, RecordedCheck

_WORD = {"fail": "FAIL", "warn": "warn", "quarantine": "held"}
_COLOUR = {"fail": "red", "warn": "yellow", "quarantine": "yellow"}
_FACTS = "expectation\tlast\tlast_run\tlast_failed\tfailed\truns\tplot\tmarks"


def sheet(table: str, found: Sequence[Past]) -> Iterator[str]:
    """Yield the lines that tell what became of a table's checks."""
    if not found:
        yield (
            f"Nothing is kept about the checks of `{table}` yet: a run that writes it, or `sparkops check {table}`, "
            "does that."
        )
        return
    if not sys.stdout.isatty():
        yield _FACTS
        yield from map(_piped, found)
        return
    yield from _drawn(table, found, shutil.get_terminal_size((110, 30)).columns)


def plain(past: Past) -> dict[str, Any]:
    """Return what became of one expectation as JSON values."""
    last = past.last.result
    return {
        "expectation": last.expectation,
        "kwargs": dict(last.kwargs),
        "policy": last.policy,
        "severity": last.severity,
        "place": last.place and str(last.place),
        "asked_still": past.current,
        "runs": len(past.kept),
        "failed": len(past.failed),
        "last_failed": past.failed[-1].time if past.failed else None,
        "results": [_kept_json(each) for each in past.kept],
    }


def _kept_json(kept: RecordedCheck) -> dict[str, Any]:
    result = kept.result
    return {
        "time": kept.time,
        "run": kept.run,
        "job": kept.job,
        "version": kept.version,
        "success": result.success,
        "observed": result.observed,
        "rows": result.rows,
        "unexpected": result.unexpected,
        "error": result.error,
    }


def _drawn(table: str, found: Sequence[Past], width: int) -> Iterator[str]:
    runs = sorted({each.moment for past in found for each in past.kept})
    first, last = runs[0][0], runs[-1][0]
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    yield click.style(f"{table}: {count}, {_minute(first)} to {_minute(last)}, oldest first", bold=True)
    labels = [label(past.last.result) for past in found]
    facts = [_facts(past, runs) for past in found]
    longest = max(map(len, labels))
    widest = max(len(click.unstyle(text)) for text in facts)
    wide = 5 + longest + 2 + widest <= width
    for past, name, text in zip(found, labels, facts, strict=True):
        dim = not past.current
        if wide:
            yield f"{_mark(past)} {click.style(name.ljust(longest), dim=dim)}  {text}"
        else:
            yield f"{_mark(past)} {click.style(name, dim=dim)}"
            yield f"     {text}"


def _mark(past: Past) -> str:
    """Return the newest result as four characters, in colour."""
    last = past.last.result
    if not past.current:
        return click.style("gone", dim=True)
    if last.success:
        return click.style("ok  ", fg="green")
    return click.style(_WORD[last.policy], fg=_COLOUR[last.policy], bold=True)


def _facts(past: Past, runs: Sequence[Moment]) -> str:
    """Return plot, count and last failure: what stands behind an expectation's name."""
    failed = past.failed
    drawn = zip(_plot(past), past.kept, strict=True)
    blocks = {each.moment: marked(sign, failed=not each.result.success) for sign, each in drawn}
    plot = "".join(blocks.get(run, " ") for run in runs)
    count = f"{len(failed)}/{len(past.kept)} failed".rjust(2 * len(str(len(runs))) + 8)
    return f"{plot}  {count}" + (f", last {_minute(failed[-1].time)}" if failed else "")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"


def _plot(past: Past) -> str:
    """Return the share of rows that broke it, else what was observed, as blocks."""
    shares = [each.result.share for each in past.kept]
    if any(share is not None for share in shares):
        return sparkline(shares)
    return sparkline([_number(each.result.observed) for each in past.kept])


def _number(observed: Any) -> float | None:
    fits = isinstance(observed, int | float) and not isinstance(observed, bool)
    return float(observed) if fits else None


def _piped(past: Past) -> str:
    failed = past.failed
    last = past.last
    cells = (
        label(last.result),
        "ok" if last.result.success else _WORD[last.result.policy],
        last.run,
        when(failed[-1].time) if failed else "-",
        str(len(failed)),
        str(len(past.kept)),
        _plot(past),
        "".join("." if each.result.success else "x" for each in past.kept),
    )
    return "\t".join(cells)


def label(result: CheckResult) -> str:
    """Return an expectation with its arguments: `expect_column_values_to_be_between(month, min_value=1)`."""
    column = result.kwargs.get("column")
    shown = [] if column is None else [str(column)]
    shown += [f"{key}={value}" for key, value in result.kwargs.items() if key != "column"]
    return f"{result.expectation}({', '.join(shown)})".replace("\t", " ").replace("\n", " ")
