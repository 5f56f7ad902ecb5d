"""Colours of a page for its light and its dark theme, by the names that style sheet and plots share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Number of colours for the series of a plot, and of steps in the scale of a heatmap.
SERIES_COLOURS: Final = 8
SCALE_STEPS: Final = 9

_LIGHT_SERIES = ("#2563c9", "#cf5f0a", "#0c8570", "#b83280", "#6d4fc4", "#957000", "#46852a", "#64748b")
_DARK_SERIES = ("#6ea8fe", "#f59e4c", "#3fc9ab", "#ee82bd", "#ab96f5", "#dfb935", "#8ccf66", "#9aa8bb")
_LIGHT_SEQUENTIAL = (
    "#eef4fc", "#d9e7f9", "#bdd5f3", "#98bdea", "#6f9fde", "#3a75c4", "#255fae", "#164a8c", "#0c3264",
)  # fmt: skip
_DARK_SEQUENTIAL = (
    "#1a2a42", "#1e3759", "#224775", "#275a94", "#2f6cae", "#4a93d8", "#6bade7", "#98c9f4", "#cbe4fc",
)  # fmt: skip
_LIGHT_DIVERGING = (
    "#0b5f6e", "#247986", "#7db9c2", "#c5dfe3", "#f1f2f0", "#f8dcc3", "#efb27f", "#b05817", "#94460a",
)  # fmt: skip
_DARK_DIVERGING = (
    "#97e6f0", "#5cc0ce", "#2a7582", "#1f4f58", "#2b3038", "#5c3b1f", "#8a4f1c", "#e0924a", "#ffcb94",
)  # fmt: skip
_DARK_TEXT, _LIGHT_TEXT = "#10213a", "#ffffff"
_THEME: Final[Mapping[str, tuple[str, str]]] = {
    "page": ("#f4f6f9", "#0e1218"),
    "surface": ("#ffffff", "#171d26"),
    "raised": ("#f7f9fc", "#1d2530"),
    "line": ("#e2e7ee", "#2b3543"),
    "ink": ("#16202e", "#e8edf4"),
    "muted": ("#566275", "#a0adbf"),
    "accent": ("#1d57b8", "#7db1ff"),
    "good": ("#17703f", "#5fd394"),
    "good-ground": ("#e3f5ea", "#14301f"),
    "warn": ("#8a5200", "#f3bd63"),
    "warn-ground": ("#fdf1da", "#35270f"),
    "bad": ("#b3261e", "#ff9c94"),
    "bad-ground": ("#fde8e6", "#3c1a19"),
}


def list_colours() -> Mapping[str, tuple[str, str]]:
    """Return every colour by name, as its light and its dark value.

    `s0`... are the series, `h0`... a sequential scale, `d0`... a diverging scale; `h0-ink` is the text on `h0`.
    """
    named = dict(_THEME)
    named |= {f"s{i}": pair for i, pair in enumerate(zip(_LIGHT_SERIES, _DARK_SERIES, strict=True))}
    named |= {f"h{i}": pair for i, pair in enumerate(zip(_LIGHT_SEQUENTIAL, _DARK_SEQUENTIAL, strict=True))}
    named |= {f"d{i}": pair for i, pair in enumerate(zip(_LIGHT_DIVERGING, _DARK_DIVERGING, strict=True))}
    upper_half = set(range(SCALE_STEPS // 2 + 1, SCALE_STEPS))
    ends = {0, 1, SCALE_STEPS - 2, SCALE_STEPS - 1}
    return named | _choose_text_colours("h", upper_half) | _choose_text_colours("d", ends)


def _choose_text_colours(scale: str, saturated: set[int]) -> dict[str, tuple[str, str]]:
    """Return the colours of text on the steps of a scale; saturated steps are dark in the light theme."""
    on_saturated, on_pale = (_LIGHT_TEXT, _DARK_TEXT), (_DARK_TEXT, _LIGHT_TEXT)
    return {f"{scale}{i}-ink": on_saturated if i in saturated else on_pale for i in range(SCALE_STEPS)}


def format_css_variables() -> tuple[str, str]:
    """Return the CSS declarations of all colours: for the light theme, then for the dark one."""
    light, dark = ([f"--{name}:{pair[side]}" for name, pair in list_colours().items()] for side in (0, 1))
    return ";".join(light), ";".join(dark)


def format_placeholder(name: str) -> str:
    """Return the colour that a plot is drawn with in place of a named one.

    Matplotlib writes literal colours only. `use_css_variables` replaces each placeholder by the page's variable, so
    that one drawing follows the reader's light or dark theme.
    """
    return f"#f0{list(list_colours()).index(name):02x}0d"


def use_css_variables(style: str) -> str:
    """Replace the placeholders in an SVG style by CSS variables."""
    names = list(list_colours())
    return re.sub(r"#f0([0-9a-f]{2})0d", lambda match: f"var(--{names[int(match[1], 16)]})", style)
