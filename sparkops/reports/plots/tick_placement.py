"""Ticks of axes by the author's format: no label is repeated, and each is the exact position of its tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.dates import num2date
from matplotlib.ticker import Formatter, MaxNLocator

# Round numbers, up to a power of ten, that the difference of two ticks may be; the second choice if 2.5 is not exact.
_STEPS = ([1, 2, 2.5, 5, 10], [1, 2, 5, 10])
# Space between two labels, in characters.
_GAP = 2


class ExactLocator(MaxNLocator):
    """Places round ticks, as many as a number of intervals allows and as fit side by side.

    Args:
        label: Returns the label of a tick.
        resolution: Difference of two numbers that the labels can just show; 0 if they show any.
        intervals: Largest number of intervals.
        characters: Characters of all labels that fit side by side; None if the labels are above each other.
    """

    def __init__(
        self, label: Callable[[float], str], *, resolution: float, intervals: int, characters: int | None
    ) -> None:
        self._label, self._resolution = label, resolution
        self._intervals, self._characters = intervals, characters
        super().__init__(nbins=intervals, integer=resolution == 1)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the ticks between two positions: fewer intervals until all labels are exact and fit."""
        ticks: Any = []
        for intervals in range(self._intervals, 0, -1):
            for steps in _STEPS:
                self.set_params(nbins=intervals, steps=steps)
                ticks = super().tick_values(vmin, vmax)
                if all(map(self._is_exact, ticks)) and self._fits(ticks, vmin, vmax):
                    return ticks
        return [tick for tick in ticks if self._is_exact(tick)]

    def _is_exact(self, tick: float) -> bool:
        if not self._resolution:
            return True
        steps = tick / self._resolution
        return abs(steps - round(steps)) < 1e-6 + 1e-12 * abs(steps)

    def _fits(self, ticks: Sequence[float], low: float, high: float) -> bool:
        """Return whether the labels of the visible ticks are different and fit side by side."""
        labels = [self._label(tick) for tick in ticks if low <= tick <= high]
        if len(set(labels)) < len(labels):
            return False
        return self._characters is None or sum(len(label) + _GAP for label in labels) <= self._characters


class TimeLabels(Formatter):
    """Labels times by a format; a label that equals the one before it is left out.

    Args:
        label: Returns the label of a time in UTC.
    """

    def __init__(self, label: Callable[[Any], str]) -> None:
        self._label = label

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002  Matplotlib's interface
        """Return the label of one position."""
        return self._label(num2date(x))

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks."""
        labels = [self(value) for value in values]
        return ["" if i and label == labels[i - 1] else label for i, label in enumerate(labels)]
