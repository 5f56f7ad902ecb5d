"""Bar charts: one bar per category, grouped if there are several series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan

from sparkops.pipeline.reports.report import Plot
from sparkops.pipeline.reports.report_columns import sample_values
from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.palette import format_placeholder
from sparkops.reports.plots.axis import (
    Axis,
    build_category_axis,
    build_category_key,
    choose_axis_label,
    format_category,
    to_length,
)
from sparkops.reports.plots.canvas import CHARACTER_WIDTH, Canvas, PlotSize, create_canvas
from sparkops.reports.plots.chart import Chart, describe_truncation, index_values
from sparkops.reports.plots.series import Series, build_series_legend, split_into_series
from sparkops.reports.plots.ticks import draw_grid, format_category_axis, format_number_axis, label_axes
from sparkops.reports.rows import CollectedRows

_MAX_CATEGORIES = {"bar": 120, "barh": 40}
# Share of a category's width that its bars take.
_GROUP_WIDTH = 0.74
# Share of the width of a drawing that the axis of horizontal bars takes.
_LENGTHS_WIDTH = 0.62
# Vertical bars that are few enough for a number above each.
_MAX_LABELLED = 14


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar: its position among the categories, its length, its length as text, its tooltip."""

    position: int
    length: float
    text: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class _BarSeries:
    colour: str
    bars: tuple[_Bar, ...]


@dataclass(frozen=True, slots=True)
class _BarChart:
    """The bars of all series.

    Args:
        axis: The categories.
        label: Label of the axis of lengths.
        length_format: How lengths are shown.
        series: The bars of each series.
    """

    axis: Axis
    label: str
    length_format: ColumnFormat
    series: tuple[_BarSeries, ...]

    @property
    def has_one_series(self) -> bool:
        """Return whether there is only one series."""
        return len(self.series) == 1

    def offset(self, number: int, thickness: float) -> float:
        """Return the distance of a series's bars from the middle of the category."""
        return (number - (len(self.series) - 1) / 2) * thickness


def build_bar_chart(plot: Plot, rows: CollectedRows) -> Chart:
    """Return a chart of vertical (`bar`) or horizontal (`barh`) bars."""
    horizontal = plot.kind == "barh"
    labels = {plot.x: plot.x_label, plot.y: plot.y_label}
    length = plot.find_drawn_column(sample_values(rows.values))
    category = plot.x if length == plot.y else plot.y
    series = split_into_series(rows, plot.by)
    label = choose_axis_label(category, labels[category], rows.column(category))
    all_categories = build_category_axis(rows.column(category), label, rows.column_format(category))
    axis = replace(all_categories, values=all_categories.values[: _MAX_CATEGORIES[plot.kind]])
    lengths = [_list_lengths(rows, one, category, length, axis) for one in series]
    length_format = rows.column_format(length)
    bars = tuple(_build_bars(axis, series, lengths, length_format))
    chart = _BarChart(axis, choose_axis_label(length, labels[length]), length_format, bars)
    draw = _draw_horizontal if horizontal else _draw_vertical
    return Chart(
        draw=lambda size: draw(size, chart),
        legend=build_series_legend(series) if plot.by else None,
        points=sum(not isnan(value) for values in lengths for value in values),
        note=describe_truncation(len(all_categories.values), len(axis.values), labels[category] or category),
    )


def _list_lengths(rows: CollectedRows, series: Series, category: str, length: str, axis: Axis) -> list[float]:
    """Return the length for each category; NaN where there is none."""
    values = index_values(rows, series.rows, (category,), length)
    return [
        to_length(values.get((build_category_key(value),)), part=rows.part, column=length)
        for value in axis.values
    ]


def _build_bars(
    axis: Axis, series: Sequence[Series], lengths: Sequence[Sequence[float]], length_format: ColumnFormat
) -> Iterator[_BarSeries]:
    names = [format_category(value, axis.column_format, 80) for value in axis.values]
    for one, values in zip(series, lengths, strict=True):
        suffix = f" · {one.name}" if one.name else ""
        bars = (
            _Bar(i, value, text, f"{names[i]}{suffix}: {length_format.format_value(value)}")
            for i, (value, text) in enumerate(zip(values, length_format.format_values(values), strict=True))
            if isfinite(value)
        )
        yield _BarSeries(one.colour, tuple(bars))


def _draw_vertical(size: PlotSize, chart: _BarChart) -> Canvas:
    categories = len(chart.axis.values)
    canvas = create_canvas(size, 300 if size.narrow else 340)
    # The second limit keeps a few bars from becoming very wide.
    thickness = min(
        _GROUP_WIDTH / max(1, len(chart.series)), (0.16 if size.narrow else 0.1) * (categories + 0.2)
    )
    labelled = _has_labels(size, chart)
    for number, series in enumerate(chart.series):
        for bar in series.bars:
            artists = canvas.axes.bar(
                bar.position + chart.offset(number, thickness), bar.length, thickness * 0.94,
                color=format_placeholder(series.colour), linewidth=0,
            )  # fmt: skip
            canvas.add_tooltips(artists[0], bar.tooltip)
            if labelled:
                _label_bar(canvas, bar, horizontal=False)
    canvas.axes.set_xlim(-0.6, max(0.6, categories - 0.4))
    format_category_axis(canvas, "x", chart.axis)
    format_number_axis(canvas, "y", chart.length_format)
    draw_grid(canvas, "y")
    canvas.axes.axhline(0, color=format_placeholder("muted"), linewidth=1, zorder=3)
    canvas.axes.set_ylim(_add_margin(canvas.axes.get_ylim(), 0.05))
    label_axes(canvas, chart.axis.label, chart.label)
    return canvas


def _has_labels(size: PlotSize, chart: _BarChart) -> bool:
    """Return whether there is space for a number above each vertical bar."""
    categories = len(chart.axis.values)
    if not chart.has_one_series or categories > (_MAX_LABELLED // 2 if size.narrow else _MAX_LABELLED):
        return False
    longest = max((len(bar.text) for bar in chart.series[0].bars), default=0)
    return longest * size.font * CHARACTER_WIDTH <= size.pixels * 0.85 / max(1, categories)


def _draw_horizontal(size: PlotSize, chart: _BarChart) -> Canvas:
    categories = max(1, len(chart.axis.values))
    canvas = create_canvas(size, 70 + categories * max(30, 17 * len(chart.series)))
    thickness = _GROUP_WIDTH / max(1, len(chart.series))
    for number, series in enumerate(chart.series):
        for bar in series.bars:
            artists = canvas.axes.barh(
                bar.position + chart.offset(number, thickness), bar.length, thickness * 0.94,
                color=format_placeholder(series.colour), linewidth=0,
            )  # fmt: skip
            canvas.add_tooltips(artists[0], bar.tooltip)
            if chart.has_one_series:
                _label_bar(canvas, bar, horizontal=True)
    canvas.axes.set_ylim(categories - 0.4, -0.6)
    format_category_axis(canvas, "y", chart.axis)
    format_number_axis(canvas, "x", chart.length_format, width=_LENGTHS_WIDTH)
    draw_grid(canvas, "x")
    canvas.axes.axvline(0, color=format_placeholder("muted"), linewidth=1, zorder=3)
    characters = (
        max((len(bar.text) for bar in chart.series[0].bars), default=0) if chart.has_one_series else 0
    )
    margin = (characters * size.font * CHARACTER_WIDTH + 10) / (size.pixels * _LENGTHS_WIDTH)
    canvas.axes.set_xlim(_add_margin(canvas.axes.get_xlim(), margin))
    label_axes(canvas, chart.label, chart.axis.label)
    return canvas


def _label_bar(canvas: Canvas, bar: _Bar, *, horizontal: bool) -> None:
    """Write a bar's number beyond its end."""
    positive = bar.length >= 0
    distance = 5 if positive else -5
    canvas.axes.annotate(
        bar.text,
        (bar.length, bar.position) if horizontal else (bar.position, bar.length),
        xytext=(distance, 0) if horizontal else (0, distance),
        textcoords="offset points",
        ha=("left" if positive else "right") if horizontal else "center",
        va="center" if horizontal else ("bottom" if positive else "top"),
        fontsize=canvas.size.font - 0.5,
        color=format_placeholder("ink"),
        annotation_clip=False,
    )


def _add_margin(limits: tuple[float, float], share: float) -> tuple[float, float]:
    """Return the limits of an axis of lengths with space for the bars' numbers; limits at 0 get none."""
    low, high = limits
    margin = share * (high - low)
    return low - margin if low < 0 else 0, high + margin if high > 0 else 0
