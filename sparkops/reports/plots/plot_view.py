"""Plots of a page: drawings, legend, notes and the plotted data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sparkops.pipeline.reports.report import Plot
from sparkops.pipeline.reports.report_columns import sample_values
from sparkops.reports.plots.bar_chart import build_bar_chart
from sparkops.reports.plots.canvas import PLOT_SIZES, use_page_settings
from sparkops.reports.plots.chart import Chart, Legend
from sparkops.reports.plots.heatmap import build_heatmap
from sparkops.reports.plots.svg import to_svg
from sparkops.reports.plots.xy_chart import build_xy_chart
from sparkops.reports.rows import CollectedRows, collect_rows
from sparkops.reports.table import Column, build_column, format_column_label

_BUILDERS: Final[Mapping[str, Callable[[Plot, CollectedRows], Chart]]] = {
    "bar": build_bar_chart,
    "barh": build_bar_chart,
    "line": build_xy_chart,
    "scatter": build_xy_chart,
    "heatmap": build_heatmap,
}
_KIND_NAMES: Final[Mapping[str, str]] = {
    "bar": "Bar chart",
    "barh": "Bar chart",
    "line": "Line chart",
    "scatter": "Scatter plot",
    "heatmap": "Heatmap",
}
# Rows of the plotted data that are listed under a plot.
_MAX_DATA_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotView:
    """A plot for the page's template.

    Args:
        title: What the plot shows.
        note: The author's sentence under it.
        remarks: Sentences about rows that are not drawn.
        drawings: Name of the size and SVG of each drawing; empty if there is nothing to draw.
        legend: Meaning of the colours.
        data: Columns of the plotted data.
        data_rows: Number of rows of it that are listed.
        rows: Number of rows that were collected.
        wide_only: Whether it is drawn in the wide size only.
    """

    title: str
    note: str
    remarks: tuple[str, ...] = ()
    drawings: tuple[tuple[str, str], ...] = ()
    legend: Legend | None = None
    data: tuple[Column, ...] = ()
    data_rows: int = 0
    rows: int = 0
    wide_only: bool = False


def build_plot(plot: Plot, *, number: int, limit: int) -> PlotView:
    """Collect the rows of a plot and draw it.

    Args:
        plot: The author's declaration.
        number: Its number on the page, which makes its SVG ids unique.
        limit: Maximum number of rows that are drawn.
    """
    collected = collect_rows(plot.rows, part=f"Plot `{plot.title}`", limit=limit)
    rows = replace(collected, specs=plot.collect_formats(sample_values(collected.values)))
    if not rows.values:
        return PlotView(title=plot.title, note=plot.note)
    chart = _BUILDERS[plot.kind](plot, rows)
    truncated = f"The first {limit:,} rows are drawn; there are more." if rows.truncated else ""
    return PlotView(
        title=plot.title,
        note=plot.note,
        remarks=tuple(filter(None, (truncated, chart.note))),
        drawings=_draw(plot, chart, number) if chart.points else (),
        legend=chart.legend if chart.points else None,
        data=_build_data(plot, rows),
        data_rows=min(_MAX_DATA_ROWS, len(rows.values)),
        rows=len(rows.values),
        wide_only=chart.wide_only,
    )


def _draw(plot: Plot, chart: Chart, number: int) -> tuple[tuple[str, str], ...]:
    sizes = PLOT_SIZES[:1] if chart.wide_only else PLOT_SIZES
    label = _describe(plot, chart.points)
    with use_page_settings():
        return tuple(
            (size.name, to_svg(chart.draw(size), id_prefix=f"p{number}{size.name[0]}", label=label))
            for size in sizes
        )


def _describe(plot: Plot, points: int) -> str:
    """Return a sentence about the plot for screen readers."""
    labels = _collect_labels(plot)
    if plot.kind == "heatmap":
        drawn = labels.get(plot.value or "", plot.value)
        axes = f"{labels[plot.x]} and {labels[plot.y]}"
    else:
        drawn, axes = labels[plot.y], labels[plot.x]
    split = f", split by {plot.by.replace('_', ' ')}" if plot.by else ""
    return f"{_KIND_NAMES[plot.kind]}: {plot.title}. {drawn} by {axes}{split}; {points:,} values."


def _build_data(plot: Plot, rows: CollectedRows) -> tuple[Column, ...]:
    labels = _collect_labels(plot)
    return tuple(
        build_column(
            rows.column(name)[:_MAX_DATA_ROWS],
            rows.column_format(name),
            label=labels.get(name) or format_column_label(name),
        )
        for name in plot.columns
    )


def _collect_labels(plot: Plot) -> dict[str, str]:
    """Return the label of each plotted column."""
    labels = {
        plot.x: plot.x_label or plot.x.replace("_", " "),
        plot.y: plot.y_label or plot.y.replace("_", " "),
    }
    return labels | ({plot.value: plot.value.replace("_", " ")} if plot.value else {})
