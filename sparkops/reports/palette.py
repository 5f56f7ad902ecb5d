"""The colours of a page, in light and in dark: one name each, in the style sheet and in the plots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SERIES: Final = 8
LEVELS: Final = 9

_LIGHT_SERIES = ("#2563c9", "#cf5f0a", "#0c8570", "#b83280", "#6d4fc4", "#957000", "#46852a", "#64748b")
_DARK_SERIES = ("#6ea8fe", "#f59e4c", "#3fc9ab", "#ee82bd", "#ab96f5", "#dfb935", "#8ccf66", "#9aa8bb")
_LIGHT_HEAT = (
    "#eef4fc", "#d9e7f9", "#bdd5f3", "#98bdea", "#6f9fde", "#3a75c4", "#255fae", "#164a8c", "#0c3264",
)  # fmt: skip
_DARK_HEAT = (
    "#1a2a42", "#1e3759", "#224775", "#275a94", "#2f6cae", "#4a93d8", "#6bade7", "#98c9f4", "#cbe4fc",
)  # fmt: skip
_LIGHT_SPLIT = (
    "#0b5f6e", "#247986", "#7db9c2", "#c5dfe3", "#f1f2f0", "#f8dcc3", "#efb27f", "#b05817", "#94460a",
)  # fmt: skip
_DARK_SPLIT = (
    "#97e6f0", "#5cc0ce", "#2a7582", "#1f4f58", "#2b3038", "#5c3b1f", "#8a4f1c", "#e0924a", "#ffcb94",
)  # fmt: skip
_INK, _PAPER = "#10213a", "#ffffff"
_GROUND: Final[Mapping[str, tuple[str, str]]] = {
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


def colours() -> Mapping[str, tuple[str, str]]:
    """Return every colour by name, as its light and its dark value."""
    named = dict(_GROUND)
    named |= {f"s{i}": pair for i, pair in enumerate(zip(_LIGHT_SERIES, _DARK_SERIES, strict=True))}
    named |= {f"h{i}": pair for i, pair in enumerate(zip(_LIGHT_HEAT, _DARK_HEAT, strict=True))}
    named |= {f"d{i}": pair for i, pair in enumerate(zip(_LIGHT_SPLIT, _DARK_SPLIT, strict=True))}
    on_heat = {f"h{i}-ink": (_PAPER if i > 4 else _INK, _INK if i > 4 else _PAPER) for i in range(LEVELS)}  # noqa: PLR2004
    far = {0, 1, LEVELS - 2, LEVELS - 1}
    on_split = {
        f"d{i}-ink": (_PAPER if i in far else _INK, _INK if i in far else _PAPER) for i in range(LEVELS)
    }
    return named | on_heat | on_split


def style_sheet() -> tuple[str, str]:
    """Return the declarations of all colours as CSS variables: the light ones, then the dark ones."""
    light, dark = ([f"--{name}:{pair[side]}" for name, pair in colours().items()] for side in (0, 1))
    return ";".join(light), ";".join(dark)


def stand_in(name: str) -> str:
    """Return the colour that a plot draws with in the place of a named one.

    Matplotlib writes plain colours only; `by_name` turns each stand-in into the page's variable, so that one
    drawing follows the reader's light or dark setting.
    """
    return f"#f0{list(colours()).index(name):02x}0d"


def by_name(style: str) -> str:
    """Return an SVG style with every stand-in as a variable of the page."""
    names = list(colours())
    return re.sub(r"#f0([0-9a-f]{2})0d", lambda found: f"var(--{names[int(found[1], 16)]})", style)
