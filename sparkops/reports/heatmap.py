"""A heatmap: a coloured cell for each pair of categories."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Plot
from sparkops.reports.axis import Axis, categories, labelled, measure, name
from sparkops.reports.canvas import Canvas, Width, canvas, category_axis, name_axes
from sparkops.reports.column import written
from sparkops.reports.drawing import Legend, Subject, columns_cut, one_each
from sparkops.reports.palette import LEVELS, stand_in
from sparkops.reports.rows import Rows
from sparkops.reports.value import show

_MOST = 60  # places along either axis
_DENSE = 500  # cells from which the plot is drawn once, for every width
_BARE = "raised"  # the colour of a cell without a value
_TWO_SIDED = 0.2  # share of the range that lies beyond zero before zero becomes the middle


@dataclass(frozen=True, slots=True)
class Ramp:
    """Which step of the colours a value takes.

    Args:
        low: Value of the first step's lower end.
        high: Value of the last step's upper end.
        letter: `h` from little to much, `d` to either side of zero.
    """

    low: float
    high: float
    letter: str

    def step(self, value: float) -> str:
        """Return the colour's name."""
        share = 0.5 if self.high == self.low else (value - self.low) / (self.high - self.low)
        return f"{self.letter}{min(LEVELS - 1, int(share * LEVELS))}"


def heatmap(plot: Plot, rows: Rows) -> Subject:
    """Return a plot of cells, coloured by `plot.value`."""
    if plot.value is None:
        raise JobFailed(f"{rows.part} is a heatmap and names no column to colour by: give `value=`.")
    all_across = categories(rows.column(plot.x), labelled(plot.x, plot.x_label, rows.column(plot.x)))
    all_up = categories(rows.column(plot.y), labelled(plot.y, plot.y_label, rows.column(plot.y)))
    across = Axis("category", all_across.values[:_MOST], all_across.label)
    up = Axis("category", all_up.values[:_MOST], all_up.label)
    found = one_each(rows, rows.values, (plot.x, plot.y), plot.value)
    cells = {at: measure(value, part=rows.part, column=plot.value) for at, value in found.items()}
    finite = [value for value in cells.values() if isfinite(value)]
    ramp = _ramp(finite)
    grid = [[cells.get((x, y), float("nan")) for x in across.values] for y in up.values]
    notes = (
        columns_cut(len(all_across.values), len(across.values), plot.x_label or plot.x),
        columns_cut(len(all_up.values), len(up.values), plot.y_label or plot.y),
    )
    return Subject(
        draw=lambda width: _draw(width, across, up, grid, ramp),
        legend=Legend(
            tuple(("", f"{ramp.letter}{i}") for i in range(LEVELS)),
            show(ramp.low),
            show(ramp.high),
            plot.value.replace("_", " "),
        ),
        points=len(finite),
        note=" ".join(filter(None, notes)),
        scrolls=len(across.values) * len(up.values) > _DENSE,
    )


def _ramp(values: list[float]) -> Ramp:
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low < 0 < high and min(-low, high) >= _TWO_SIDED * (high - low):
        return Ramp(-max(-low, high), max(-low, high), "d")
    return Ramp(low, high, "h")


def _draw(width: Width, across: Axis, up: Axis, grid: list[list[float]], ramp: Ramp) -> Canvas:
    rows, columns = len(up.values), len(across.values)
    board = canvas(width, 76 + rows * (26 if rows > 12 else 32))  # noqa: PLR2004
    words = written([value for line in grid for value in line])
    longest = max(map(len, words), default=0)
    room = width.pixels * 0.8 / max(1, columns) / (width.font * 0.62)
    for row, line in enumerate(grid):
        for column, value in enumerate(line):
            word = words[row * columns + column] if longest + 1 <= room else ""
            _cell(board, (column, row), ramp.step(value) if isfinite(value) else _BARE, word)
            if isfinite(value):
                pair = f"{name(up.values[row], 60)} · {name(across.values[column], 60)}"
                board.tip(board.axes.patches[-1], f"{pair}: {show(value)}")
    board.axes.set_xlim(-0.5, max(1, columns) - 0.5)
    board.axes.set_ylim(max(1, rows) - 0.5, -0.5)
    category_axis(board, "x", across)
    category_axis(board, "y", up)
    name_axes(board, across.label, up.label)
    return board


def _cell(board: Canvas, at: tuple[int, int], colour: str, word: str) -> None:
    from matplotlib.patches import Rectangle

    column, row = at
    board.axes.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5), 1, 1, clip_on=False, linewidth=1.5,
            facecolor=stand_in(colour), edgecolor=stand_in("surface"),
        )
    )  # fmt: skip
    if word:
        board.axes.text(
            column, row, word, ha="center", va="center", fontsize=board.width.font - 1,
            color=stand_in("muted" if colour == _BARE else f"{colour}-ink"),
            in_layout=False,
        )  # fmt: skip
