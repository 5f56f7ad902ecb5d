"""Line charts and scatter plots: values along a continuous axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any

from sparkops.core.wording import format_count
from sparkops.pipeline.reports.report import Plot
from sparkops.pipeline.reports.value_format import is_missing, is_number
from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.palette import format_placeholder
from sparkops.reports.plots.axis import (
    Axis,
    build_axis,
    build_category_key,
    choose_axis_label,
    find_axis_position,
    format_category,
    to_length,
)
from sparkops.reports.plots.canvas import Canvas, PlotSize, create_canvas
from sparkops.reports.plots.chart import Chart
from sparkops.reports.plots.series import Series, build_series_legend, split_into_series
from sparkops.reports.plots.ticks import (
    draw_grid,
    format_category_axis,
    format_number_axis,
    format_time_axis,
    label_axes,
)
from sparkops.reports.rows import CollectedRows

# A line of more points has no markers; in a scatter plot of more points they are drawn small.
_MAX_MARKERS = 45
_MAX_LARGE_POINTS = 400


@dataclass(frozen=True, slots=True)
class _Points:
    """Coordinates and tooltips of one series; a y of NaN is a gap."""

    colour: str
    x: list[Any]
    y: list[float]
    tooltips: list[str]

    def list_visible_tooltips(self) -> list[str]:
        """Return the tooltips of the points that are drawn."""
        return [tooltip for tooltip, value in zip(self.tooltips, self.y, strict=True) if isfinite(value)]


def build_xy_chart(plot: Plot, rows: CollectedRows) -> Chart:
    """Return a chart of lines (`line`) or of points (`scatter`)."""
    x_values = rows.column(plot.x)
    axis = build_axis(x_values, choose_axis_label(plot.x, plot.x_label, x_values), rows.column_format(plot.x))
    y_axis = Axis("number", (), choose_axis_label(plot.y, plot.y_label), rows.column_format(plot.y))
    series = split_into_series(rows, plot.by)
    is_line = plot.kind == "line"
    all_points = [_build_points(plot, rows.part, (axis, y_axis.column_format), one) for one in series]

    def draw(size: PlotSize) -> Canvas:
        canvas = create_canvas(size, 300 if size.narrow else 360)
        for points in all_points:
            (_draw_line if is_line else _draw_points)(canvas, points)
        _draw_axes(canvas, (axis, y_axis), all_points, is_line=is_line)
        return canvas

    return Chart(
        draw=draw,
        legend=build_series_legend(series) if plot.by else None,
        points=sum(isfinite(value) for points in all_points for value in points.y),
        note=_describe_missing_points(all_points),
    )


def _build_points(plot: Plot, part: str, axes: tuple[Axis, ColumnFormat], series: Series) -> _Points:
    axis, y_format = axes
    positions = {value: i for i, value in enumerate(axis.values)}
    points = []
    for row in series.rows:
        value = row.get(plot.x)
        x = (
            positions[build_category_key(value)]
            if axis.kind == "category"
            else find_axis_position(value, axis)
        )
        if x is not None and not (isinstance(x, float) and isnan(x)):
            y = to_length(row.get(plot.y), part=part, column=plot.y)
            name = f" · {series.name}" if series.name else ""
            tooltip = f"{_format_x(value, axis)}{name}: {y_format.format_value(row.get(plot.y))}"
            points.append((x, y, tooltip))
    if plot.kind == "line":
        points.sort(key=lambda point: point[0])
    return _Points(series.colour, [p[0] for p in points], [p[1] for p in points], [p[2] for p in points])


def _format_x(value: Any, axis: Axis) -> str:
    if is_number(value) and not is_missing(value):
        return axis.column_format.format_value(value)
    return format_category(value, axis.column_format, 80)


def _draw_line(canvas: Canvas, points: _Points) -> None:
    colour = format_placeholder(points.colour)
    canvas.axes.plot(points.x, points.y, color=colour, linewidth=2.2, solid_joinstyle="round")
    if len(points.x) > _MAX_MARKERS:
        return
    markers = canvas.axes.plot(
        points.x,
        points.y,
        "o",
        markersize=4.5 if canvas.size.narrow else 5.5,
        color=colour,
        markeredgewidth=0,
    )
    canvas.add_tooltips(markers[0], *points.list_visible_tooltips())


def _draw_points(canvas: Canvas, points: _Points) -> None:
    small = len(points.x) > _MAX_LARGE_POINTS
    markers = canvas.axes.plot(
        points.x,
        points.y,
        "o",
        markersize=(3.5 if small else 6.5) * (0.8 if canvas.size.narrow else 1),
        color=format_placeholder(points.colour),
        markeredgewidth=0,
        alpha=0.5 if small else 0.8,
    )
    canvas.add_tooltips(markers[0], *points.list_visible_tooltips())


def _draw_axes(
    canvas: Canvas, axes: tuple[Axis, Axis], all_points: Sequence[_Points], *, is_line: bool
) -> None:
    x_axis, y_axis = _draw_x_axis(canvas, axes[0], all_points), axes[1]
    format_number_axis(canvas, "y", y_axis.column_format)
    draw_grid(canvas, "y")
    if not is_line:
        draw_grid(canvas, "x")
    low, high = canvas.axes.get_ylim()
    values = [value for points in all_points for value in points.y if isfinite(value)]
    if values and is_line and min(values) >= 0 and min(values) < 0.5 * max(values):
        canvas.axes.set_ylim(0, high)
    elif low < 0 < high:
        canvas.axes.axhline(0, color=format_placeholder("muted"), linewidth=1, zorder=1)
    label_axes(canvas, x_axis.label, y_axis.label)


def _draw_x_axis(canvas: Canvas, axis: Axis, all_points: Sequence[_Points]) -> Axis:
    """Draw the x axis and return it; the label of a time axis gets the year if all points are in one."""
    if axis.kind == "category":
        canvas.axes.set_xlim(-0.5, max(0.5, len(axis.values) - 0.5))
        format_category_axis(canvas, "x", axis)
    elif axis.kind == "time":
        times = [x for points in all_points for x in points.x]
        year = format_time_axis(canvas, times, axis.column_format)
        return replace(axis, label=_add_year(axis.label, year))
    else:
        format_number_axis(canvas, "x", axis.column_format, integers=axis.integers)
    return axis


def _add_year(label: str, year: str) -> str:
    return label if not year or year in label else f"{label}, {year}".removeprefix(", ")


def _describe_missing_points(all_points: Sequence[_Points]) -> str:
    missing = sum(not isfinite(value) for points in all_points for value in points.y)
    if not missing:
        return ""
    verb = "is" if missing == 1 else "are"
    return f"{format_count(missing, 'point')} without a value {verb} left out."
