"""Render the verdict of a replay as a page: what is identical, and which rows, columns, checks and metrics differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sparkops.pipeline.reports.replay_verdict import (
    ReplayVerdict,
    RowDifference,
    TableComparison,
    name_version,
    summarize,
)
from sparkops.reports.facts import RunFacts
from sparkops.reports.formatting import MISSING, format_value, shorten
from sparkops.reports.palette import format_css_variables
from sparkops.reports.template import load_template

# Characters of one value of an example row.
_MAX_VALUE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableView:
    """A table as the template shows it.

    Args:
        title: Name and version.
        comparison: Its comparison.
        columns: Columns of the example rows, those that differ first.
        examples: For each example row: the side that has it, how many more times, and the text of each column.
    """

    title: str
    comparison: TableComparison
    columns: tuple[str, ...]
    examples: tuple[tuple[str, int, tuple[str, ...]], ...]


def render_replay_page(verdict: ReplayVerdict, facts: RunFacts) -> str:
    """Return the HTML page of a replay; it needs no network, no script and no other file.

    Args:
        verdict: What it shows.
        facts: Facts of the run that was replayed.
    """
    light, dark = format_css_variables()
    html: str = load_template("replay_page.html.j2").render(
        verdict=verdict,
        # Without the state, which the page shows beside it.
        summary=summarize(verdict).partition(": ")[2].replace("`", ""),
        tables=[_build_view(table) for table in verdict.tables],
        numbers=list(_list_numbers(verdict)),
        facts=facts,
        light=light,
        dark=dark,
    )
    return html


def _list_numbers(verdict: ReplayVerdict) -> Iterator[tuple[str, str]]:
    """Yield the headline numbers of a page: label and text."""
    tables = [table.rows for table in verdict.tables]
    if tables:
        yield "rows in the run", f"{sum(rows.recorded for rows in tables):,}"
        yield "rows in the replay", f"{sum(rows.replayed for rows in tables):,}"
        yield "only in the run", f"{sum(rows.missing for rows in tables):,}"
        yield "only in the replay", f"{sum(rows.added for rows in tables):,}"
    if verdict.facts:
        yield "other facts that differ", f"{len(verdict.facts):,}"


def _build_view(table: TableComparison) -> _TableView:
    columns = tuple(_order_columns(table.rows))
    return _TableView(
        title=name_version(table).replace("`", ""),
        comparison=table,
        columns=columns,
        examples=tuple(_list_examples(table.rows, columns)),
    )


def _order_columns(rows: RowDifference) -> Iterator[str]:
    """Yield the columns of the example rows, those that differ first."""
    examples = (*rows.missing_examples, *rows.added_examples)
    names = dict.fromkeys(name for example in examples for name in example.row)
    yield from (name for name in rows.columns if name in names)
    yield from (name for name in names if name not in rows.columns)


def _list_examples(
    rows: RowDifference, columns: tuple[str, ...]
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield side, count and values of each example row."""
    for side, examples in (("run", rows.missing_examples), ("replay", rows.added_examples)):
        for example in examples:
            yield side, example.count, tuple(_format_cell(example.row.get(name)) for name in columns)


def _format_cell(value: Any) -> str:
    """Return a value of a row with all its digits: two that differ must not look alike."""
    if value is None:
        return MISSING
    return shorten(repr(value) if isinstance(value, float) else format_value(value), _MAX_VALUE)
