"""Columns of many rows while they are scored, with the rows that are dropped or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Scalars:
    """One value for each row.

    Args:
        values: Numbers, booleans, or an object array of text and None.
        null: True where the value is null; None when no row is (text carries its own None).
    """

    values: Numbers
    null: Numbers | None = None

    @property
    def size(self) -> int:
        """Return 1: it takes one slot of a vector."""
        return 1

    def slot(self, at: int) -> Numbers:  # noqa: ARG002
        """Return the values of the only slot."""
        return self.values

    def missing(self) -> Numbers:
        """Return where the value is null or NaN."""
        kind = self.values.dtype.kind
        none = np.isnan(self.values) if kind == "f" else np.zeros(len(self.values), dtype=bool)
        return np.asarray(none if self.null is None else none | self.null)


@dataclass(frozen=True, slots=True)
class OneHots:
    """A one-hot part of vectors, never built: slot `index` holds `hot[index]`, each other slot its `base`."""

    index: Numbers
    hot: Numbers
    base: Numbers

    @property
    def size(self) -> int:
        """Return how many slots it takes."""
        return len(self.hot)

    def slot(self, at: int) -> Numbers:
        """Return one slot's values."""
        return np.asarray(np.where(self.index == at, self.hot[at], self.base[at]))


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector for each row: its parts in order, and where the whole vector is null."""

    blocks: tuple[Scalars | OneHots, ...]
    null: Numbers | None = None

    @property
    def size(self) -> int:
        """Return the length of the vectors."""
        return sum(block.size for block in self.blocks)

    def slot(self, at: int) -> Numbers:
        """Return the values of one slot, for all rows."""
        for block in self.blocks:
            if at < block.size:
                found: Numbers = block.slot(at)
                return found
            at -= block.size
        raise IndexError(at)

    def dense(self) -> Numbers:
        """Return one row of numbers for each row."""
        return np.column_stack([np.asarray(self.slot(at), dtype=np.float64) for at in range(self.size)])


@dataclass(slots=True)
class Frame:
    """Columns by name; rows that `skip` dropped; rows that cannot be scored."""

    size: int
    columns: dict[str, Scalars | Vectors]
    dropped: Numbers = field(init=False)
    refused: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.dropped = np.zeros(self.size, dtype=bool)
        self.refused = np.zeros(self.size, dtype=bool)

    def scalars(self, name: str) -> Scalars:
        """Return a column of single values; the row's code was written, so it is one."""
        column = self.columns[name]
        assert isinstance(column, Scalars)
        return column

    def vectors(self, name: str) -> Vectors:
        """Return a column of vectors; the row's code was written, so it is one."""
        column = self.columns[name]
        assert isinstance(column, Vectors)
        return column

    def features(self, name: str) -> Vectors:
        """Return a column of vectors; rows where it is null are refused."""
        column = self.vectors(name)
        self.refuse(column.null)
        return column

    def drop(self, where: Numbers) -> None:
        """Drop rows that were not refused before."""
        self.dropped |= where & ~self.refused

    def refuse(self, where: Numbers | None) -> None:
        """Refuse rows that were not dropped before."""
        if where is not None:
            self.refused |= where & ~self.dropped


@dataclass(frozen=True, slots=True)
class Batch:
    """The answers for many rows.

    Args:
        columns: Output name to one value a row; vectors as (rows, size).
        rejected: Rows that the model's own `skip` drops; their values mean nothing.
    """

    columns: Mapping[str, Numbers]
    rejected: Numbers

    def rows(self) -> list[dict[str, Any] | None]:
        """Return a dictionary of plain values for each row; None where it was rejected."""
        lists = [column.tolist() for column in self.columns.values()]
        names = tuple(self.columns)
        return [
            None if gone else dict(zip(names, values, strict=True))
            for gone, *values in zip(self.rejected.tolist(), *lists, strict=True)
        ]
