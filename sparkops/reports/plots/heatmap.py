"""Heatmaps: a coloured cell for each pair of categories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from sparkops.pipeline.reports.report import Plot
from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.palette import SCALE_STEPS, format_placeholder
from sparkops.reports.plots.axis import (
    Axis,
    build_category_axis,
    choose_axis_label,
    format_category,
    to_length,
)
from sparkops.reports.plots.canvas import CHARACTER_WIDTH, Canvas, PlotSize, create_canvas
from sparkops.reports.plots.chart import Chart, Legend, describe_truncation, index_values
from sparkops.reports.plots.ticks import format_category_axis, label_axes
from sparkops.reports.rows import CollectedRows

# Categories along each axis.
_MAX_CATEGORIES = 60
# Number of cells above which the plot is drawn wide only.
_MAX_NARROW_CELLS = 500
# Colour of a cell without a value.
_EMPTY_COLOUR = "raised"
# Share of the range on the smaller side of zero from which zero is the middle of the scale.
_DIVERGING_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Colours of a range of values.

    Args:
        low: Value at the lower end of the first step.
        high: Value at the upper end of the last step.
        prefix: `h` for a sequential scale, `d` for a diverging one.
    """

    low: float
    high: float
    prefix: str

    def find_colour(self, value: float) -> str:
        """Return the name of a value's colour."""
        share = 0.5 if self.high == self.low else (value - self.low) / (self.high - self.low)
        return f"{self.prefix}{min(SCALE_STEPS - 1, int(share * SCALE_STEPS))}"


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells of a heatmap: the values of each row, NaN where there is none, and how they are shown."""

    x_axis: Axis
    y_axis: Axis
    values: list[list[float]]
    scale: ColourScale
    column_format: ColumnFormat


def build_heatmap(plot: Plot, rows: CollectedRows) -> Chart:
    """Return a chart of cells, coloured by `plot.value`."""
    column = plot.value or ""
    column_format = rows.column_format(column)
    x_axis, x_note = _build_axis(rows, plot.x, plot.x_label)
    y_axis, y_note = _build_axis(rows, plot.y, plot.y_label)
    cells = {
        key: to_length(value, part=rows.part, column=column)
        for key, value in index_values(rows, rows.values, (plot.x, plot.y), column).items()
    }
    finite = [value for value in cells.values() if isfinite(value)]
    scale = _build_scale(finite)
    values = [[cells.get((x, y), float("nan")) for x in x_axis.values] for y in y_axis.values]
    grid = _Grid(x_axis, y_axis, values, scale, column_format)
    return Chart(
        draw=lambda size: _draw(size, grid),
        legend=Legend(
            tuple(("", f"{scale.prefix}{i}") for i in range(SCALE_STEPS)),
            column_format.format_value(scale.low),
            column_format.format_value(scale.high),
            column.replace("_", " "),
        ),
        points=len(finite),
        note=" ".join(filter(None, (x_note, y_note))),
        wide_only=len(x_axis.values) * len(y_axis.values) > _MAX_NARROW_CELLS,
    )


def _build_axis(rows: CollectedRows, column: str, label: str) -> tuple[Axis, str]:
    """Return the axis with its first categories, and a note if there are more."""
    values = rows.column(column)
    axis = build_category_axis(values, choose_axis_label(column, label, values), rows.column_format(column))
    drawn = replace(axis, values=axis.values[:_MAX_CATEGORIES])
    return drawn, describe_truncation(len(axis.values), len(drawn.values), label or column)


def _build_scale(values: list[float]) -> ColourScale:
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low < 0 < high and min(-low, high) >= _DIVERGING_SHARE * (high - low):
        return ColourScale(-max(-low, high), max(-low, high), "d")
    return ColourScale(low, high, "h")


def _draw(size: PlotSize, grid: _Grid) -> Canvas:
    rows, columns = len(grid.y_axis.values), len(grid.x_axis.values)
    canvas = create_canvas(size, 76 + rows * (26 if rows > 12 else 32))  # noqa: PLR2004
    texts = grid.column_format.format_values([value for row in grid.values for value in row])
    characters = size.pixels * 0.8 / max(1, columns) / (size.font * CHARACTER_WIDTH)
    has_texts = max(map(len, texts), default=0) + 1 <= characters
    for y, row in enumerate(grid.values):
        for x, value in enumerate(row):
            colour = grid.scale.find_colour(value) if isfinite(value) else _EMPTY_COLOUR
            _draw_cell(canvas, (x, y), colour, texts[y * columns + x] if has_texts else "")
            if isfinite(value):
                y_label = format_category(grid.y_axis.values[y], grid.y_axis.column_format, 60)
                x_label = format_category(grid.x_axis.values[x], grid.x_axis.column_format, 60)
                tooltip = f"{y_label} · {x_label}: {grid.column_format.format_value(value)}"
                canvas.add_tooltips(canvas.axes.patches[-1], tooltip)
    canvas.axes.set_xlim(-0.5, max(1, columns) - 0.5)
    canvas.axes.set_ylim(max(1, rows) - 0.5, -0.5)
    format_category_axis(canvas, "x", grid.x_axis)
    format_category_axis(canvas, "y", grid.y_axis)
    label_axes(canvas, grid.x_axis.label, grid.y_axis.label)
    return canvas


def _draw_cell(canvas: Canvas, position: tuple[int, int], colour: str, text: str) -> None:
    from matplotlib.patches import Rectangle

    x, y = position
    canvas.axes.add_patch(
        Rectangle(
            (x - 0.5, y - 0.5), 1, 1, clip_on=False, linewidth=1.5,
            facecolor=format_placeholder(colour), edgecolor=format_placeholder("surface"),
        )
    )  # fmt: skip
    if text:
        canvas.axes.text(
            x, y, text, ha="center", va="center", fontsize=canvas.size.font - 1,
            color=format_placeholder("muted" if colour == _EMPTY_COLOUR else f"{colour}-ink"),
            in_layout=False,
        )  # fmt: skip
