"""Numbers over time in one line of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"  # a run that left no number


def sparkline(values: Sequence[float | None]) -> str:
    """Return one block a value: the lowest for zero, the next for the least above it, the highest for the greatest.

    Args:
        values: In order; None is drawn as a dot.
    """
    known = [value for value in values if value is not None]
    least = min(known, default=0.0)
    span = max(known, default=0.0) - least
    return "".join(_NOTHING if value is None else _bar(value, least, span) for value in values)


def marked(sign: str, *, failed: bool) -> str:
    """Return a block in colour: red where a run failed, green elsewhere."""
    return click.style(sign, fg="red" if failed else "green", bold=failed)


def _bar(value: float, least: float, span: float) -> str:
    if value == 0:
        return _BARS[0]
    top = len(_BARS) - 2
    return _BARS[1 + (round((value - least) / span * top) if span > 0 else 0)]
