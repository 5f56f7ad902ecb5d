"""A plot on the page: its drawings, what its colours mean, its words, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Plot
from sparkops.reports.bars import bars
from sparkops.reports.canvas import WIDTHS, settings
from sparkops.reports.column import Column, column
from sparkops.reports.curves import curves
from sparkops.reports.drawing import Legend, Subject
from sparkops.reports.heatmap import heatmap
from sparkops.reports.rows import Rows, gather
from sparkops.reports.svg import to_svg

_KINDS: Final[Mapping[str, Callable[[Plot, Rows], Subject]]] = {
    "bar": bars,
    "barh": bars,
    "line": curves,
    "scatter": curves,
    "heatmap": heatmap,
}
_SAID: Final = {
    "bar": "Bar chart", "barh": "Bar chart", "line": "Line chart", "scatter": "Scatter plot", "heatmap": "Heatmap",
}  # fmt: skip
_LISTED: Final = 200  # rows of the numbers behind a plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot as the page's template takes it; no drawing where there is nothing to draw.

    Args:
        title: What the plot shows.
        note: The author's sentence under it.
        remarks: What a reader must know about rows that are not drawn.
        drawings: Width and SVG of each drawing.
        legend: What the colours mean.
        data: The numbers behind it.
        listed: How many rows of them are shown.
        rows: How many there are.
        scrolls: Whether it is drawn wide only.
    """

    title: str
    note: str
    remarks: tuple[str, ...]
    drawings: tuple[tuple[str, str], ...]
    legend: Legend | None
    data: tuple[Column, ...]
    listed: int
    rows: int
    scrolls: bool


def figure(plot: Plot, *, number: int, limit: int) -> Figure:
    """Draw a plot.

    Args:
        plot: What the author declared.
        number: Its place on the page, which its ids begin with.
        limit: Most rows that are drawn.
    """
    part = f"Plot `{plot.title}`"
    if plot.kind not in _KINDS:
        raise JobFailed(f"{part} is of the kind `{plot.kind}`: choose one of {', '.join(_KINDS)}.")
    rows = gather(plot.rows, part=part, limit=limit)
    if not rows.values:
        return _empty(plot)
    subject = _KINDS[plot.kind](plot, rows)
    cut = f"The first {limit:,} rows are drawn; there are more." if rows.cut else ""
    return Figure(
        title=plot.title,
        note=plot.note,
        remarks=tuple(filter(None, (cut, subject.note))),
        drawings=_drawings(plot, subject, number) if subject.points else (),
        legend=subject.legend if subject.points else None,
        data=tuple(
            column(name, rows.column(name)[:_LISTED], part=part, label=_labels(plot).get(name, ""))
            for name in _columns(plot)
        ),
        listed=min(_LISTED, len(rows.values)),
        rows=len(rows.values),
        scrolls=subject.scrolls,
    )


def _empty(plot: Plot) -> Figure:
    return Figure(
        title=plot.title, note=plot.note, remarks=(), drawings=(), legend=None, data=(), listed=0, rows=0,
        scrolls=False,
    )  # fmt: skip


def _drawings(plot: Plot, subject: Subject, number: int) -> tuple[tuple[str, str], ...]:
    widths = WIDTHS[:1] if subject.scrolls else WIDTHS
    label = describe(plot, subject.points)
    with settings():
        return tuple(
            (width.name, to_svg(subject.draw(width), prefix=f"p{number}{width.name[0]}", label=label))
            for width in widths
        )


def describe(plot: Plot, points: int) -> str:
    """Return a plot in one sentence, for those who do not see it."""
    labels = _labels(plot)
    drawn = labels.get(plot.value or "", plot.value) if plot.kind == "heatmap" else labels[plot.y]
    over = f"{labels[plot.x]} and {labels[plot.y]}" if plot.kind == "heatmap" else labels[plot.x]
    split = f", split by {plot.by.replace('_', ' ')}" if plot.by else ""
    return f"{_SAID[plot.kind]}: {plot.title}. {drawn} by {over}{split}; {points:,} values."


def _labels(plot: Plot) -> dict[str, str]:
    named = {
        plot.x: plot.x_label or plot.x.replace("_", " "),
        plot.y: plot.y_label or plot.y.replace("_", " "),
    }
    return named | ({plot.value: plot.value.replace("_", " ")} if plot.value else {})


def _columns(plot: Plot) -> tuple[str, ...]:
    wanted = (plot.by, plot.x, plot.y, plot.value if plot.kind == "heatmap" else None)
    return tuple(dict.fromkeys(name for name in wanted if name))
