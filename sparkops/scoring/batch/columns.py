"""Columns of many rows while they are scored, with the rows that are dropped or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir.arrays import Numbers
from .dictionary_column import DictionaryColumn


@dataclass(frozen=True, slots=True)
class ScalarColumn:
    """One value for each row.

    Args:
        values: Numbers, booleans, or an object array of text, lists or dates and None.
        null: True where the value is null; None when no row is (objects carry their own None).
        dictionary: The same texts, each once; None where that is not known.
    """

    values: Numbers
    null: Numbers | None = None
    dictionary: DictionaryColumn | None = None

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
class OneHotBlock:
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
class DenseBlock:
    """A part of vectors that stands as one table.

    Args:
        values: (rows, size) doubles.
    """

    values: Numbers

    @property
    def size(self) -> int:
        """Return how many slots it takes."""
        return int(self.values.shape[1])

    def slot(self, at: int) -> Numbers:
        """Return one slot's values."""
        return np.asarray(self.values[:, at])


@dataclass(frozen=True, slots=True)
class SparseBlock:
    """A wide part of vectors: one entry for each slot of each row that is not 0, in the order of the rows.

    Args:
        rows: Row of each entry.
        slots: Slot of each entry.
        values: Number of each entry.
        size: Slots.
        count: Rows.
    """

    rows: Numbers
    slots: Numbers
    values: Numbers
    size: int
    count: int

    def slot(self, at: int) -> Numbers:
        """Return one slot's values."""
        result = np.zeros(self.count)
        here = self.slots == at
        result[self.rows[here]] = self.values[here]
        return result

    def sums(self, weights: Numbers, count: int) -> Numbers:
        """Return, for every row, the sum of weight times value."""
        return np.bincount(self.rows, weights=weights[self.slots] * self.values, minlength=count)

    def dense(self) -> Numbers:
        """Return (rows, size) doubles."""
        result = np.zeros((self.count, self.size))
        result[self.rows, self.slots] = self.values
        return result


VectorBlock = ScalarColumn | OneHotBlock | DenseBlock | SparseBlock


@dataclass(frozen=True, slots=True)
class VectorColumn:
    """A vector for each row: its parts in order, and where the whole vector is null."""

    blocks: tuple[VectorBlock, ...]
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
        if len(self.blocks) == 1 and isinstance(self.blocks[0], DenseBlock):
            return self.blocks[0].values
        return np.column_stack([_table(block) for block in self.blocks])

    def sparse(self, count: int) -> SparseBlock:
        """Return the slots that are not 0, of a vector of `count` rows."""
        if len(self.blocks) == 1 and isinstance(self.blocks[0], SparseBlock):
            return self.blocks[0]
        found, at = [], 0
        for block in self.blocks:
            if isinstance(block, SparseBlock):
                found.append((block.rows, block.slots + at, block.values))
            else:
                table = _table(block)
                rows, slots = np.nonzero(table)
                found.append((rows, slots + at, table[rows, slots]))
            at += block.size
        whole = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        order = np.lexsort((whole[1], whole[0]))
        return SparseBlock(whole[0][order], whole[1][order], whole[2][order], self.size, count)


def _table(block: VectorBlock) -> Numbers:
    if isinstance(block, DenseBlock):
        return block.values
    if isinstance(block, SparseBlock):
        return block.dense()
    if isinstance(block, OneHotBlock):
        table = np.broadcast_to(block.base, (len(block.index), block.size)).copy()
        hit = np.flatnonzero(block.index < block.size)
        table[hit, block.index[hit]] = block.hot[block.index[hit]]
        return table
    return np.asarray(block.values, dtype=np.float64)[:, None]


@dataclass(slots=True)
class Frame:
    """Columns by name; rows that `skip` dropped; rows that cannot be scored."""

    size: int
    columns: dict[str, ScalarColumn | VectorColumn]
    dropped: Numbers = field(init=False)
    refused: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.dropped = np.zeros(self.size, dtype=bool)
        self.refused = np.zeros(self.size, dtype=bool)

    def scalars(self, name: str) -> ScalarColumn:
        """Return a column of single values; the row's code was written, so it is one."""
        column = self.columns[name]
        assert isinstance(column, ScalarColumn)
        return column

    def vectors(self, name: str) -> VectorColumn:
        """Return a column of vectors; the row's code was written, so it is one."""
        column = self.columns[name]
        assert isinstance(column, VectorColumn)
        return column

    def features(self, name: str) -> VectorColumn:
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
