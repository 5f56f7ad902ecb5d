"""The products of one row's columns, zeros passed over as Spark passes over them in vectors that it stores sparse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from .vector_layout import is_sparse

AMBIGUOUS = (
    "has no one answer: it depends on whether Spark stores the vector dense or sparse, or is no category"
)
Columns = Sequence[Sequence[float]]


class AmbiguousRow(Exception):
    """A row of which Spark's answer is not known, or that it refuses.

    Args:
        value: The value that is to blame.
    """

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True, slots=True)
class Products:
    """How columns are multiplied.

    Args:
        sizes: For each column, how many categories each of its slots has; 0 or 1 for a number.
        stored: For each column, how Spark stores it.
    """

    sizes: tuple[tuple[int, ...], ...]
    stored: tuple[str, ...]

    @property
    def widths(self) -> list[int]:
        """Return how many places each column takes."""
        return [sum(max(1, size) for size in column) for column in self.sizes]

    @property
    def total(self) -> int:
        """Return how many products there are."""
        return prod(self.widths)

    @property
    def torn(self) -> bool:
        """Tell whether a vector that may be stored sparse holds categories, of which the first is 0."""
        pairs = zip(self.sizes, self.stored, strict=True)
        return any(stored != "dense" and max(sizes) > 1 for sizes, stored in pairs)

    def row(self, columns: Columns) -> dict[int, float]:
        """Return the products that are not 0, by place.

        Raises:
            Unsure: A category is none, or it is not known how Spark stores a vector, and it matters.
        """
        flags = [is_sparse(word, own) for word, own in zip(self.stored, columns, strict=True)]
        found = self._row(columns, [flag is not False for flag in flags])
        if None in flags:
            other = self._row(columns, [flag is True for flag in flags])
            if repr(sorted(found.items())) != repr(sorted(other.items())):
                raise AmbiguousRow(0.0)
        return found

    def _row(self, columns: Columns, sparse: Sequence[bool]) -> dict[int, float]:
        found, size = {0: 1.0}, 1
        for at in range(len(columns) - 1, -1, -1):
            active = _active(columns[at], self.sizes[at], sparse=sparse[at])
            found = {
                place + own * size: value * factor for own, factor in active for place, value in found.items()
            }
            size *= self.widths[at]
        return {place: value for place, value in found.items() if value}


def _active(values: Sequence[float], sizes: Sequence[int], *, sparse: bool) -> list[tuple[int, float]]:
    """Return place and factor of the slots that Spark looks at."""
    found, at = [], 0
    for value, size in zip(values, sizes, strict=True):
        if value or not sparse:
            if size > 1:
                if not 0 <= value < size or value != int(value):
                    raise AmbiguousRow(value)
                found.append((at + int(value), 1.0))
            else:
                found.append((at, value))
        at += max(1, size)
    return found
