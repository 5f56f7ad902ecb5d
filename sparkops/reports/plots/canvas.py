"""A Matplotlib figure in one of the two sizes of a page, drawn with the page's settings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sparkops.reports.palette import format_placeholder

# Width of a character in units of the font size.
CHARACTER_WIDTH: Final = 0.62
# Ships with Matplotlib, so that text has the same size on every machine.
_FONT: Final = "DejaVu Sans"
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
# Matplotlib's settings are global to the process: only one page may change them at a time.
_SETTINGS_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class PlotSize:
    """Width in CSS pixels and font size of a drawing."""

    name: str
    pixels: int
    font: float

    @property
    def narrow(self) -> bool:
        """Return whether this is the size for phones."""
        return self.name == "narrow"


PLOT_SIZES: Final = (PlotSize("wide", 880, 12.5), PlotSize("narrow", 340, 11.5))


@dataclass(slots=True)
class Canvas:
    """A figure with one set of axes.

    Args:
        size: Size it is drawn in.
        figure: Matplotlib's figure.
        axes: Matplotlib's axes.
        tooltips: Tooltips by the id of the artist's SVG group; one per marker for a line of markers.
    """

    size: PlotSize
    figure: Any
    axes: Any
    tooltips: dict[str, Sequence[str]] = field(default_factory=dict)

    def add_tooltips(self, artist: Any, *texts: str) -> None:
        """Give an artist its tooltip, or each of its markers one."""
        group = f"tip-{len(self.tooltips)}"
        artist.set_gid(group)
        # The artist is inside the axes: including it in the layout only takes time.
        artist.set_in_layout(False)
        self.tooltips[group] = texts


@contextmanager
def use_page_settings() -> Iterator[None]:
    """Use the page's Matplotlib settings instead of those of the process or of the user's matplotlibrc."""
    import matplotlib as mpl

    with _SETTINGS_LOCK, mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # Matplotlib warns of characters that its font lacks; the reader's font has them.
        warnings.simplefilter("ignore")
        yield


def create_canvas(size: PlotSize, height: float) -> Canvas:
    """Return an empty canvas, `height` pixels high."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size.pixels / 72, height / 72), dpi=72, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(
        which="both",
        length=0,
        pad=7,
        labelsize=size.font,
        labelcolor=format_placeholder("muted"),
        color=format_placeholder("line"),
    )
    return Canvas(size, figure, axes)
