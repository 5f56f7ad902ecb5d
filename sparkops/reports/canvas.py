"""A figure to draw a plot on, in one of the two widths that a page holds, and its look."""

from __future__ import annotations

import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sparkops.reports.axis import Axis, text
from sparkops.reports.palette import stand_in
from sparkops.reports.value import minus

_FONT: Final = "DejaVu Sans"  # ships with Matplotlib: the same measures on every machine
_SETTINGS: Final = {
    "font.family": [_FONT],
    "svg.fonttype": "none",
    "svg.hashsalt": "sparkops",
    "svg.image_inline": True,
    "text.usetex": False,
    "text.parse_math": True,
    "path.simplify": False,
    "path.sketch": None,
    "path.effects": [],
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.02,
    "axes.ymargin": 0.06,
    "axes.autolimit_mode": "data",
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.h_pad": 0.03,
}
# Matplotlib keeps its settings for the whole process, so only one page may have them changed at a time.
_SETTINGS_HELD: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Width:
    """One of the widths: in CSS pixels, with the size of its letters."""

    name: str
    pixels: int
    font: float

    @property
    def narrow(self) -> bool:
        """Tell whether this is the telephone's."""
        return self.name == "narrow"


WIDTHS: Final = (Width("wide", 880, 12.5), Width("narrow", 340, 11.5))


@dataclass(slots=True)
class Canvas:
    """A figure with one set of axes.

    Args:
        width: Which width it is drawn for.
        figure: Matplotlib's figure.
        axes: Its axes.
        tips: What a reader sees on pointing at a drawn thing, by the id of its group; for markers one text each.
    """

    width: Width
    figure: Any
    axes: Any
    tips: dict[str, Sequence[str]] = field(default_factory=dict)

    def tip(self, artist: Any, *texts: str) -> None:
        """Say what a drawn thing shows, to a reader who points at it."""
        group = f"tip-{len(self.tips)}"
        artist.set_gid(group)
        artist.set_in_layout(False)  # it lies inside the axes: measuring it would only take time
        self.tips[group] = texts


@contextmanager
def settings() -> Iterator[None]:
    """Draw with the page's own settings, whatever the process or the user's matplotlibrc says."""
    import matplotlib as mpl

    with _SETTINGS_HELD, mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the measuring font lacks; the reader's font has it
        yield


def canvas(width: Width, height: float) -> Canvas:
    """Return an empty canvas, `height` pixels high."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width.pixels / 72, height / 72), dpi=72, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(
        which="both",
        length=0,
        pad=7,
        labelsize=width.font,
        labelcolor=stand_in("muted"),
        color=stand_in("line"),
    )
    return Canvas(width, figure, axes)


def name_axes(board: Canvas, bottom: str, left: str) -> None:
    """Write the first axis's name under the plot and the second one's over it, where it reads without turning."""
    style = {"fontsize": board.width.font, "color": stand_in("muted")}
    letters = int(board.width.pixels / board.width.font * 1.55)
    if bottom:
        board.axes.set_xlabel(_wrapped(bottom, letters), labelpad=9, **style)
    if left:
        board.axes.set_title(_wrapped(left, letters), loc="left", pad=12, **style)


def _wrapped(label: str, letters: int) -> str:
    return "\n".join(textwrap.wrap(text(label), letters))


def rule(board: Canvas, side: str) -> None:
    """Draw thin lines across from the ticks of the axis that values are read from: `x` or `y`."""
    board.axes.grid(visible=True, axis=side, color=stand_in("line"), linewidth=1)


def values_axis(board: Canvas, side: str, *, whole: bool = False) -> None:
    """Give an axis of numbers few round ticks, written as the page writes numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = board.axes.xaxis if side == "x" else board.axes.yaxis
    few = (4 if board.width.narrow else 8) if side == "x" else 6
    axis.set_major_locator(MaxNLocator(nbins=few, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def tick(value: float) -> str:
    """Return a tick's number."""
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-4:  # noqa: PLR2004
        return minus(f"{value:.3g}")
    written = f"{value:,.10g}" if size >= 10_000 else f"{value:.10g}"  # noqa: PLR2004
    return minus(written)


def time_axis(board: Canvas, times: Sequence[datetime]) -> str:
    """Give an axis of dates and times its ticks, and return the year that they all lie in, or nothing."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=6 if board.width.narrow else 9)
    board.axes.xaxis.set_major_locator(locator)
    board.axes.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=["%Y", "%b", "%-d %b", "%H:%M", "%H:%M", "%S.%f"],
            zero_formats=["", "%b\n%Y", "%-d %b", "%-d %b", "%H:%M", "%H:%M"],
            show_offset=False,
        )
    )
    years = {moment.year for moment in times}
    return str(years.pop()) if len(years) == 1 else ""


def category_axis(board: Canvas, side: str, axis: Axis) -> None:
    """Name the places of a category axis: along the bottom as many as fit, turned when they are long."""
    names = [text(word) for word in axis.names]
    size = board.width.font
    if side == "y":
        words = [_folded(word, 15) if board.width.narrow else _cut(word, 30) for word in names]
        board.axes.set_yticks(range(len(names)), words, fontsize=size, linespacing=1.05)
        return
    room = board.width.pixels * 0.9 / max(1, len(names)) / (size * 0.62)  # letters that fit side by side
    longest = max(map(len, names), default=0)
    turned = longest + 1 > room and longest > 4  # noqa: PLR2004
    every = max(1, round(2.6 / room + 0.49)) if turned else max(1, int((longest + 1) / room + 0.999))
    places = range(0, len(names), every)
    words = [_cut(names[i], 18) for i in places]
    board.axes.set_xticks(list(places), words, fontsize=size)
    if turned:
        for label in board.axes.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def _folded(word: str, most: int) -> str:
    lines = textwrap.wrap(word, most) or [word]
    return "\n".join([lines[0], _cut(" ".join(lines[1:]), most)] if len(lines) > 1 else lines)


def _cut(word: str, most: int) -> str:
    return word if len(word) <= most else word[: most - 1].rstrip(" \\") + "…"
