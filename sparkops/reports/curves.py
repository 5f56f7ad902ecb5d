"""Lines and scattered points: values along a continuous axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any

from sparkops.pipeline.report import Plot
from sparkops.reports.axis import Axis, continuous, key, labelled, measure, name, place
from sparkops.reports.canvas import (
    Canvas,
    Width,
    canvas,
    category_axis,
    name_axes,
    rule,
    time_axis,
    values_axis,
)
from sparkops.reports.drawing import Legend, Subject
from sparkops.reports.palette import stand_in
from sparkops.reports.rows import Rows
from sparkops.reports.series import Series, split
from sparkops.reports.value import is_missing, is_number, show

_MARKED = 45  # points of a line that still get a marker each


@dataclass(frozen=True, slots=True)
class _Curve:
    """One series as places and lengths, with what each point shows."""

    colour: str
    xs: list[Any]
    ys: list[float]
    tips: list[str]


def curves(plot: Plot, rows: Rows) -> Subject:
    """Return a plot of lines (`line`) or of points (`scatter`)."""
    across = continuous(rows.column(plot.x), labelled(plot.x, plot.x_label, rows.column(plot.x)))
    rows.column(plot.y)
    series = split(rows, plot.by)
    lined = plot.kind == "line"
    drawn = [_curve(plot, rows, across, one, lined=lined) for one in series]

    def draw(width: Width) -> Canvas:
        board = canvas(width, 300 if width.narrow else 360)
        for one in drawn:
            (_line if lined else _points)(board, one)
        _finish(board, across, drawn, labelled(plot.y, plot.y_label), lined=lined)
        return board

    return Subject(
        draw=draw,
        legend=Legend(tuple((one.name, f"s{one.colour}") for one in series)) if plot.by else None,
        points=sum(isfinite(value) for one in drawn for value in one.ys),
        note=_left_out(drawn),
    )


def _curve(plot: Plot, rows: Rows, across: Axis, one: Series, *, lined: bool) -> _Curve:
    places = {value: i for i, value in enumerate(across.values)}
    points = []
    for row in one.rows:
        x = places[key(row.get(plot.x))] if across.kind == "category" else place(row.get(plot.x), across)
        if x is not None and not (isinstance(x, float) and isnan(x)):
            points.append((x, measure(row.get(plot.y), part=rows.part, column=plot.y), _tip(plot, row, one)))
    if lined:
        points.sort(key=lambda point: point[0])
    return _Curve(f"s{one.colour}", [p[0] for p in points], [p[1] for p in points], [p[2] for p in points])


def _tip(plot: Plot, row: Mapping[str, Any], one: Series) -> str:
    there = row.get(plot.x)
    shown = show(there) if is_number(there) and not is_missing(there) else name(there, 80)
    return f"{shown}{f' · {one.name}' if one.name else ''}: {show(row.get(plot.y))}"


def _line(board: Canvas, one: _Curve) -> None:
    marked = len(one.xs) <= _MARKED
    board.axes.plot(one.xs, one.ys, color=stand_in(one.colour), linewidth=2.2, solid_joinstyle="round")
    size = 0 if not marked else (4.5 if board.width.narrow else 5.5)
    if not size:
        return
    dots = board.axes.plot(
        one.xs, one.ys, "o", markersize=size, color=stand_in(one.colour), markeredgewidth=0
    )
    board.tip(dots[0], *_shown_tips(one))


def _points(board: Canvas, one: _Curve) -> None:
    many = len(one.xs) > 400  # noqa: PLR2004
    size = (3.5 if many else 6.5) * (0.8 if board.width.narrow else 1)
    dots = board.axes.plot(
        one.xs,
        one.ys,
        "o",
        markersize=size,
        color=stand_in(one.colour),
        markeredgewidth=0,
        alpha=0.5 if many else 0.8,
    )
    board.tip(dots[0], *_shown_tips(one))


def _shown_tips(one: _Curve) -> list[str]:
    return [tip for tip, value in zip(one.tips, one.ys, strict=True) if isfinite(value)]


def _finish(board: Canvas, across: Axis, drawn: list[_Curve], label: str, *, lined: bool) -> None:
    if across.kind == "category":
        board.axes.set_xlim(-0.5, max(0.5, len(across.values) - 0.5))
        category_axis(board, "x", across)
    elif across.kind == "time":
        year = time_axis(board, [x for one in drawn for x in one.xs])
        across = replace(across, label=_dated(across.label, year))
    else:
        values_axis(board, "x", whole=across.whole)
    values_axis(board, "y")
    rule(board, "y")
    if not lined:
        rule(board, "x")
    low, high = board.axes.get_ylim()
    lengths = [value for one in drawn for value in one.ys if isfinite(value)]
    if lengths and lined and min(lengths) >= 0 and min(lengths) < 0.5 * max(lengths):
        board.axes.set_ylim(0, high)
    elif low < 0 < high:
        board.axes.axhline(0, color=stand_in("muted"), linewidth=1, zorder=1)
    name_axes(board, across.label, label)


def _dated(label: str, year: str) -> str:
    return label if not year or year in label else f"{label}, {year}".removeprefix(", ")


def _left_out(drawn: list[_Curve]) -> str:
    gone = sum(not isfinite(value) for one in drawn for value in one.ys)
    return (
        f"{gone:,} point{'s' if gone > 1 else ''} without a value {'are' if gone > 1 else 'is'} left out."
        if gone
        else ""
    )
