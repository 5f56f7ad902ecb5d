"""Contrast of the page's colours."""

from __future__ import annotations

import pytest

from sparkops.reports.palette import list_colours


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2)."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
def test_text_and_plots_have_enough_contrast(side: int) -> None:
    named = {name: pair[side] for name, pair in list_colours().items()}
    for word in ("ink", "muted", "accent"):
        for ground in ("page", "surface", "raised"):
            assert contrast(named[word], named[ground]) >= 4.5, (word, ground)
    for tone in ("good", "warn", "bad"):
        assert contrast(named[tone], named[f"{tone}-ground"]) >= 4.5, tone
    for i in range(8):
        assert contrast(named[f"s{i}"], named["surface"]) >= 3, f"s{i}"
    for name in [f"{letter}{i}" for letter in "hd" for i in range(9)]:
        assert contrast(named[name], named[f"{name}-ink"]) >= 4.5, name
