"""Bars: one length for each category, side by side where there are several series."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

from sparkops.pipeline.report import Plot
from sparkops.reports.axis import Axis, categories, key, labelled, measure, name
from sparkops.reports.canvas import Canvas, Width, canvas, category_axis, name_axes, rule, values_axis
from sparkops.reports.column import written
from sparkops.reports.drawing import Legend, Subject, columns_cut, one_each
from sparkops.reports.palette import stand_in
from sparkops.reports.rows import Rows
from sparkops.reports.series import Series, split
from sparkops.reports.value import is_number, show

MOST = {"bar": 120, "barh": 40}
_THICK = 0.74  # share of a category's room that its bars take
_WRITTEN = 14  # bars along the bottom that still have room for a number over each


def bars(plot: Plot, rows: Rows) -> Subject:
    """Return a plot of standing (`bar`) or lying (`barh`) bars."""
    lying = plot.kind == "barh"
    across, length = plot.x, plot.y
    given = {plot.x: plot.x_label, plot.y: plot.y_label}
    if lying and _only_numbers(rows, plot.x) and not _only_numbers(rows, plot.y):
        across, length = plot.y, plot.x
    series = split(rows, plot.by)
    whole_axis = categories(rows.column(across), labelled(across, given[across], rows.column(across)))
    axis = Axis("category", whole_axis.values[: MOST[plot.kind]], whole_axis.label)
    label = labelled(length, given[length])
    heights = [_heights(rows, one, across, length, axis) for one in series]

    def draw(width: Width) -> Canvas:
        return (_lying if lying else _standing)(width, axis, label, series, heights)

    return Subject(
        draw=draw,
        legend=Legend(tuple((one.name, f"s{one.colour}") for one in series)) if plot.by else None,
        points=sum(not isnan(value) for line in heights for value in line),
        note=columns_cut(len(whole_axis.values), len(axis.values), given[across] or across),
    )


def _only_numbers(rows: Rows, column: str) -> bool:
    return all(value is None or is_number(value) for value in rows.column(column))


def _heights(rows: Rows, one: Series, across: str, length: str, axis: Axis) -> list[float]:
    found = one_each(rows, one.rows, (across,), length)
    return [measure(found.get((key(value),)), part=rows.part, column=length) for value in axis.values]


def _standing(
    width: Width, axis: Axis, label: str, series: Sequence[Series], heights: Sequence[Sequence[float]]
) -> Canvas:
    board = canvas(width, 300 if width.narrow else 340)
    thick = _thickness(len(axis.values), len(series), 0.16 if width.narrow else 0.1)
    for position, (one, line) in enumerate(zip(series, heights, strict=True)):
        offset = (position - (len(series) - 1) / 2) * thick
        for place, (value, shown) in enumerate(zip(line, written(line), strict=True)):
            if isfinite(value):
                drawn = board.axes.bar(
                    place + offset, value, thick * 0.94, color=stand_in(f"s{one.colour}"), linewidth=0
                )
                board.tip(drawn[0], _tip(axis, place, one, value))
                if len(series) == 1 and len(axis.values) <= (_WRITTEN // 2 if width.narrow else _WRITTEN):
                    _write(board, value, shown, standing=True, at=(place, value))
    board.axes.set_xlim(-0.6, max(0.6, len(axis.values) - 0.4))
    category_axis(board, "x", axis)
    values_axis(board, "y")
    rule(board, "y")
    _stand(board, "y", 0)
    name_axes(board, axis.label, label)
    return board


def _lying(
    width: Width, axis: Axis, label: str, series: Sequence[Series], heights: Sequence[Sequence[float]]
) -> Canvas:
    rows = max(1, len(axis.values))
    letters = max((len(word) for line in heights for word in written(line)), default=0)
    board = canvas(width, 70 + rows * max(30, 17 * len(series)))
    thick = _THICK / max(1, len(series))
    for position, (one, line) in enumerate(zip(series, heights, strict=True)):
        offset = (position - (len(series) - 1) / 2) * thick
        for place, (value, shown) in enumerate(zip(line, written(line), strict=True)):
            if isfinite(value):
                drawn = board.axes.barh(
                    place + offset, value, thick * 0.94, color=stand_in(f"s{one.colour}"), linewidth=0
                )
                board.tip(drawn[0], _tip(axis, place, one, value))
                if len(series) == 1:
                    _write(board, value, shown, standing=False, at=(value, place))
    board.axes.set_ylim(rows - 0.4, -0.6)
    category_axis(board, "y", axis)
    values_axis(board, "x")
    rule(board, "x")
    _stand(board, "x", letters if len(series) == 1 else 0)
    name_axes(board, label, axis.label)
    return board


def _thickness(places: int, series: int, widest: float) -> float:
    """Return a bar's thickness in units of the axis: a few bars do not grow into walls."""
    return min(_THICK / max(1, series), widest * (places + 0.2))


def _tip(axis: Axis, place: int, one: Series, value: float) -> str:
    parts = [name(axis.values[place], 80), *([one.name] if one.name else [])]
    return f"{' · '.join(parts)}: {show(value)}"


def _write(board: Canvas, value: float, shown: str, *, standing: bool, at: tuple[float, float]) -> None:
    """Write a bar's number beyond its end."""
    away = 5 if value >= 0 else -5
    board.axes.annotate(
        shown,
        at,
        xytext=(0, away) if standing else (away, 0),
        textcoords="offset points",
        ha="center" if standing else ("left" if value >= 0 else "right"),
        va=("bottom" if value >= 0 else "top") if standing else "center",
        fontsize=board.width.font - 0.5,
        color=stand_in("ink"),
        annotation_clip=False,
    )


def _stand(board: Canvas, side: str, letters: int) -> None:
    """Draw the line that bars stand on, and leave room for numbers of so many letters at their ends."""
    line = board.axes.axhline if side == "y" else board.axes.axvline
    line(0, color=stand_in("muted"), linewidth=1, zorder=3)
    low, high = board.axes.get_ylim() if side == "y" else board.axes.get_xlim()
    set_limits = board.axes.set_ylim if side == "y" else board.axes.set_xlim
    room = 0.05 if side == "y" else (letters * board.width.font * 0.62 + 10) / (board.width.pixels * 0.62)
    room *= high - low
    set_limits(low - room if low < 0 else 0, high + room if high > 0 else 0)
