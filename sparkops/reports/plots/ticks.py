"""Draw the ticks, labels and grid lines of a canvas's axes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.palette import format_placeholder
from sparkops.reports.plots.axis import Axis, escape_text
from sparkops.reports.plots.canvas import CHARACTER_WIDTH, Canvas

AxisName = Literal["x", "y"]
# Directives of `strftime` that show the year.
_YEAR_DIRECTIVE = re.compile(r"%[-_0^#]?[YyGgcxDF]")


def label_axes(canvas: Canvas, x_label: str, y_label: str) -> None:
    """Write the x axis's label under the plot, and the y axis's label above it, where it is not rotated."""
    style = {"fontsize": canvas.size.font, "color": format_placeholder("muted")}
    characters = int(canvas.size.pixels / canvas.size.font * 1.55)
    if x_label:
        canvas.axes.set_xlabel(_wrap(x_label, characters), labelpad=9, **style)
    if y_label:
        canvas.axes.set_title(_wrap(y_label, characters), loc="left", pad=12, **style)


def _wrap(label: str, characters: int) -> str:
    return "\n".join(textwrap.wrap(escape_text(label), characters))


def draw_grid(canvas: Canvas, axis_name: AxisName) -> None:
    """Draw grid lines at the ticks of an axis."""
    canvas.axes.grid(visible=True, axis=axis_name, color=format_placeholder("line"), linewidth=1)


def format_number_axis(
    canvas: Canvas,
    axis_name: AxisName,
    column_format: ColumnFormat,
    *,
    integers: bool = False,
    width: float = 0.85,
) -> None:
    """Give an axis of numbers a few round ticks.

    Args:
        canvas: The drawing.
        axis_name: The axis.
        column_format: How its numbers are shown.
        integers: Whether all of its numbers are integers.
        width: Share of the drawing's width that an x axis takes.
    """
    from matplotlib.ticker import FuncFormatter

    from sparkops.reports.plots.tick_placement import ExactLocator

    is_x, size = axis_name == "x", canvas.size
    axis = canvas.axes.xaxis if is_x else canvas.axes.yaxis
    locator = ExactLocator(
        column_format.format_tick,
        resolution=max(column_format.resolution, 1.0 if integers else 0.0),
        intervals=(4 if size.narrow else 8) if is_x else 6,
        characters=int(size.pixels * width / (size.font * CHARACTER_WIDTH)) if is_x else None,
    )
    axis.set_major_locator(locator)
    axis.set_major_formatter(FuncFormatter(lambda value, _: column_format.format_tick(value)))


def format_time_axis(canvas: Canvas, times: Sequence[datetime], column_format: ColumnFormat) -> str:
    """Set the ticks of an axis of times; return the year if they are in one and no label shows it, or no text."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    axis, years = canvas.axes.xaxis, {time.year for time in times}
    if column_format.spec:
        _label_times(canvas, times, column_format)
        return "" if _YEAR_DIRECTIVE.search(column_format.spec) else _name_single_year(years)
    locator = AutoDateLocator(minticks=3, maxticks=6 if canvas.size.narrow else 9)
    axis.set_major_locator(locator)
    axis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=["%Y", "%b", "%-d %b", "%H:%M", "%H:%M", "%S.%f"],
            zero_formats=["", "%b\n%Y", "%-d %b", "%-d %b", "%H:%M", "%H:%M"],
            show_offset=False,
        )
    )
    return _name_single_year(years)


def _label_times(canvas: Canvas, times: Sequence[datetime], column_format: ColumnFormat) -> None:
    """Label as many times as fit side by side in the author's format."""
    from matplotlib.dates import AutoDateLocator

    from sparkops.reports.plots.tick_placement import TimeLabels

    size = canvas.size
    longest = max((len(column_format.format_value(time)) for time in times), default=1)
    fitting = int(size.pixels * 0.85 / ((longest + 2) * size.font * CHARACTER_WIDTH))
    ticks = max(2, min(6 if size.narrow else 9, fitting))
    canvas.axes.xaxis.set_major_locator(AutoDateLocator(minticks=min(3, ticks - 1), maxticks=ticks))
    canvas.axes.xaxis.set_major_formatter(
        TimeLabels(lambda time: escape_text(column_format.format_value(time.replace(tzinfo=None))))
    )


def _name_single_year(years: set[int]) -> str:
    return str(*years) if len(years) == 1 else ""


def format_category_axis(canvas: Canvas, axis_name: AxisName, axis: Axis) -> None:
    """Label the positions of a category axis."""
    labels = [escape_text(label) for label in axis.category_labels]
    if axis_name == "x":
        _label_x_categories(canvas, labels)
        return
    words = [_fold(label, 15) if canvas.size.narrow else _truncate(label, 30) for label in labels]
    canvas.axes.set_yticks(range(len(labels)), words, fontsize=canvas.size.font, linespacing=1.05)


def _label_x_categories(canvas: Canvas, labels: Sequence[str]) -> None:
    """Label as many positions as fit, rotated if the labels are long."""
    font = canvas.size.font
    characters = canvas.size.pixels * 0.9 / max(1, len(labels)) / (font * CHARACTER_WIDTH)
    longest = max(map(len, labels), default=0)
    rotated = longest + 1 > characters and longest > 4  # noqa: PLR2004
    # A rotated label takes the width of 2.6 characters. Both steps are rounded up.
    step = (
        max(1, round(2.6 / characters + 0.49)) if rotated else max(1, int((longest + 1) / characters + 0.999))
    )
    positions = range(0, len(labels), step)
    canvas.axes.set_xticks(list(positions), [_truncate(labels[i], 18) for i in positions], fontsize=font)
    if rotated:
        for label in canvas.axes.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def _fold(label: str, length: int) -> str:
    """Return a label on at most two lines."""
    lines = textwrap.wrap(label, length) or [label]
    return "\n".join([lines[0], _truncate(" ".join(lines[1:]), length)] if len(lines) > 1 else lines)


def _truncate(label: str, length: int) -> str:
    return label if len(label) <= length else label[: length - 1].rstrip(" \\") + "…"
