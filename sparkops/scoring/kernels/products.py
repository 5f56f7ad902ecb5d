"""Products of one row's columns; zeros are skipped as Spark skips them in vectors that it stores sparse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from .vector_layout import is_sparse

AMBIGUOUS = (
    "has no unique answer: it depends on whether Spark stores the vector dense or sparse, "
    "or it is not a category"
)
Columns = Sequence[Sequence[float]]


class AmbiguousRow(Exception):
    """Spark's answer for a row is unknown, or Spark refuses the row.

    Args:
        value: The value that causes it.
    """

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True, slots=True)
class SlotProducts:
    """The columns of an interaction and how Spark stores them.

    Args:
        sizes: For each slot of each column, its number of categories; 0 or 1 for a numeric slot.
        stored: For each column, how Spark stores it; see `is_sparse`.
    """

    sizes: tuple[tuple[int, ...], ...]
    stored: tuple[str, ...]

    @property
    def widths(self) -> list[int]:
        """Return the number of positions of each column after one-hot encoding."""
        return [sum(max(1, size) for size in column) for column in self.sizes]

    @property
    def total(self) -> int:
        """Return the number of products."""
        return prod(self.widths)

    @property
    def has_sparse_categories(self) -> bool:
        """Return whether a vector that may be stored sparse has categories: sparse storage omits the first one, 0."""
        pairs = zip(self.sizes, self.stored, strict=True)
        return any(stored != "dense" and max(sizes) > 1 for sizes, stored in pairs)

    def multiply_row(self, columns: Columns) -> dict[int, float]:
        """Return the products other than 0, by position.

        Raises:
            AmbiguousRow: A value is not a category, or the answer depends on storage that is unknown.
        """
        flags = [is_sparse(stored, values) for stored, values in zip(self.stored, columns, strict=True)]
        products = self._multiply_row(columns, [flag is not False for flag in flags])
        if None in flags:
            other = self._multiply_row(columns, [flag is True for flag in flags])
            if repr(sorted(products.items())) != repr(sorted(other.items())):
                raise AmbiguousRow(0.0)
        return products

    def _multiply_row(self, columns: Columns, sparse: Sequence[bool]) -> dict[int, float]:
        products, stride = {0: 1.0}, 1
        for column in range(len(columns) - 1, -1, -1):
            active = _list_active(columns[column], self.sizes[column], sparse=sparse[column])
            products = {
                position + offset * stride: value * factor
                for offset, factor in active
                for position, value in products.items()
            }
            stride *= self.widths[column]
        return {position: value for position, value in products.items() if value}


def _list_active(values: Sequence[float], sizes: Sequence[int], *, sparse: bool) -> list[tuple[int, float]]:
    """Return (position, factor) of the slots that Spark iterates over."""
    active, start = [], 0
    for value, size in zip(values, sizes, strict=True):
        if value or not sparse:
            if size > 1:
                if not 0 <= value < size or value != int(value):
                    raise AmbiguousRow(value)
                active.append((start + int(value), 1.0))
            else:
                active.append((start, value))
        start += max(1, size)
    return active
