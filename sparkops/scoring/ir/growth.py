"""Bound the size of the texts and arrays that a model computes, in multiples of the row's size.

So a model that may make large ones is recognized before it scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

MAX_TEXT: Final = 2**26
"""Characters of a text that a function makes; Spark takes up to 2^31 bytes."""
MAX_ARRAY: Final = 2**22
"""Elements of an array that a function makes."""
MAX_UNITS: Final = 2**26
"""Characters of all texts, and 16 times the elements of all arrays, that a model makes of a row where it counts."""
MAX_BATCH_UNITS: Final = 2**28
"""The same of the rows that are scored at once."""

# Texts of at most so many times the row, and so many characters besides, are made without counting.
_MAX_FACTOR, _MAX_CONSTANT = 64, 2**16


@dataclass(frozen=True, slots=True)
class Bound:
    """A value has at most `factor` times the size of the row plus `constant`, in characters and elements."""

    factor: float
    constant: float

    def __add__(self, other: Bound) -> Bound:
        """Return the bound of two values together."""
        return Bound(self.factor + other.factor, self.constant + other.constant)

    def __mul__(self, times: float) -> Bound:
        """Return the bound of a value several times."""
        return Bound(self.factor * times, self.constant * times)

    @property
    def is_small(self) -> bool:
        """Return whether nothing needs to be counted."""
        return self.factor <= _MAX_FACTOR and self.constant <= _MAX_CONSTANT


INPUT, EMPTY, UNBOUNDED = Bound(1, 0), Bound(0, 0), Bound(inf, inf)
