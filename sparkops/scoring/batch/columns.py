"""Columns of a batch while it is scored, with the masks of dropped and refused rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import RowError
from ..ir.arrays import Numbers
from ..ir.growth import MAX_BATCH_UNITS, Bound
from .dictionary_column import DictionaryColumn


@dataclass(frozen=True, slots=True)
class ScalarColumn:
    """A column of single values.

    Args:
        values: (rows,) numbers, booleans, or objects: text, lists, dates and None.
        null: (rows,) mask of null values; None if there are none. Objects contain None instead.
        dictionary: The same texts dictionary-encoded; None if unknown.
    """

    values: Numbers
    null: Numbers | None = None
    dictionary: DictionaryColumn | None = None

    @property
    def size(self) -> int:
        """Return 1: a scalar takes one slot of a vector."""
        return 1

    def get_slot(self, position: int) -> Numbers:  # noqa: ARG002
        """Return the values of the only slot."""
        return self.values

    def find_missing(self) -> Numbers:
        """Return the mask of the rows where the value is null or NaN."""
        is_float = self.values.dtype.kind == "f"
        nan = np.isnan(self.values) if is_float else np.zeros(len(self.values), dtype=bool)
        return np.asarray(nan if self.null is None else nan | self.null)


@dataclass(frozen=True, slots=True)
class OneHotBlock:
    """A one-hot block of vectors, never materialized: slot `index` is `hot[index]`, any other slot its `base`."""

    index: Numbers
    hot: Numbers
    base: Numbers

    @property
    def size(self) -> int:
        """Return the number of slots."""
        return len(self.hot)

    def get_slot(self, position: int) -> Numbers:
        """Return the values of one slot."""
        return np.asarray(np.where(self.index == position, self.hot[position], self.base[position]))


@dataclass(frozen=True, slots=True)
class DenseBlock:
    """A block of vectors as a matrix.

    Args:
        values: (rows, size) doubles.
        sparse: (rows,) mask of the vectors that the rows hold sparse, or that are stored as those; None if there are
            none.
    """

    values: Numbers
    sparse: Numbers | None = None

    @property
    def size(self) -> int:
        """Return the number of slots."""
        return int(self.values.shape[1])

    def get_slot(self, position: int) -> Numbers:
        """Return the values of one slot."""
        return np.asarray(self.values[:, position])


@dataclass(frozen=True, slots=True)
class SparseBlock:
    """A wide block of vectors in coordinate format: an entry for each slot other than 0, ordered by row.

    Args:
        rows: Row of each entry.
        slots: Slot of each entry.
        values: Value of each entry.
        size: Slots.
        count: Rows.
    """

    rows: Numbers
    slots: Numbers
    values: Numbers
    size: int
    count: int

    def get_slot(self, position: int) -> Numbers:
        """Return the values of one slot."""
        result = np.zeros(self.count)
        entries = self.slots == position
        result[self.rows[entries]] = self.values[entries]
        return result

    def sum_rows(self, weights: Numbers, count: int) -> Numbers:
        """Return the weighted sum of each row."""
        return np.bincount(self.rows, weights=weights[self.slots] * self.values, minlength=count)

    def to_dense(self) -> Numbers:
        """Return (rows, size) doubles."""
        result = np.zeros((self.count, self.size))
        result[self.rows, self.slots] = self.values
        return result


VectorBlock = ScalarColumn | OneHotBlock | DenseBlock | SparseBlock


@dataclass(frozen=True, slots=True)
class VectorColumn:
    """A column of vectors.

    Args:
        blocks: Blocks of the vectors, in slot order.
        null: (rows,) mask of null vectors; None if there are none.
    """

    blocks: tuple[VectorBlock, ...]
    null: Numbers | None = None

    @property
    def sparse_rows(self) -> Numbers | None:
        """Return the mask of the vectors that the rows hold sparse; None if there are none."""
        masks = (block.sparse for block in self.blocks if isinstance(block, DenseBlock))
        return next((mask for mask in masks if mask is not None), None)

    @property
    def size(self) -> int:
        """Return the length of the vectors."""
        return sum(block.size for block in self.blocks)

    def get_slot(self, position: int) -> Numbers:
        """Return the values of one slot, for all rows."""
        for block in self.blocks:
            if position < block.size:
                values: Numbers = block.get_slot(position)
                return values
            position -= block.size
        raise IndexError(position)

    def to_dense(self) -> Numbers:
        """Return (rows, size) doubles."""
        if len(self.blocks) == 1 and isinstance(self.blocks[0], DenseBlock):
            return self.blocks[0].values
        return np.column_stack([_to_matrix(block) for block in self.blocks])

    def to_sparse(self, count: int) -> SparseBlock:
        """Return the vectors of `count` rows in coordinate format."""
        if len(self.blocks) == 1 and isinstance(self.blocks[0], SparseBlock):
            return self.blocks[0]
        entries, start = [], 0
        for block in self.blocks:
            if isinstance(block, SparseBlock):
                entries.append((block.rows, block.slots + start, block.values))
            else:
                matrix = _to_matrix(block)
                rows, slots = np.nonzero(matrix)
                entries.append((rows, slots + start, matrix[rows, slots]))
            start += block.size
        rows, slots, values = (np.concatenate(parts) for parts in zip(*entries, strict=True))
        order = np.lexsort((slots, rows))
        return SparseBlock(rows[order], slots[order], values[order], self.size, count)


def _to_matrix(block: VectorBlock) -> Numbers:
    if isinstance(block, DenseBlock):
        return block.values
    if isinstance(block, SparseBlock):
        return block.to_dense()
    if isinstance(block, OneHotBlock):
        matrix = np.broadcast_to(block.base, (len(block.index), block.size)).copy()
        hit = np.flatnonzero(block.index < block.size)
        matrix[hit, block.index[hit]] = block.hot[block.index[hit]]
        return matrix
    return np.asarray(block.values, dtype=np.float64)[:, None]


@dataclass(slots=True)
class Frame:
    """Columns of a batch while its steps run.

    Args:
        size: Number of rows.
        columns: Columns by name.
        dropped: (rows,) mask of the rows that the model's own `skip` dropped.
        refused: (rows,) mask of the rows that cannot be scored.
        bounds: Bounds of computed columns of texts and arrays; those that are not there are bounded by the row.
        units: Units that its steps made where they count them, see `ir.growth`.
    """

    size: int
    columns: dict[str, ScalarColumn | VectorColumn]
    bounds: dict[str, Bound] = field(default_factory=dict)
    units: int = 0
    dropped: Numbers = field(init=False)
    refused: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.dropped = np.zeros(self.size, dtype=bool)
        self.refused = np.zeros(self.size, dtype=bool)

    def count_units(self, units: int, stage: str) -> None:
        """Add to what the steps made.

        Raises:
            RowError: It is more than rows that are scored at once may make.
        """
        self.units += units
        if self.units > MAX_BATCH_UNITS:
            raise RowError(
                f"{stage} makes texts and arrays of more than {MAX_BATCH_UNITS:,} characters of these "
                "rows: score fewer rows at once."
            )

    def get_scalars(self, name: str) -> ScalarColumn:
        """Return a column of single values; code generation has checked that it is one."""
        column = self.columns[name]
        assert isinstance(column, ScalarColumn)
        return column

    def get_vectors(self, name: str) -> VectorColumn:
        """Return a column of vectors; code generation has checked that it is one."""
        column = self.columns[name]
        assert isinstance(column, VectorColumn)
        return column

    def get_features(self, name: str) -> VectorColumn:
        """Return a column of vectors, and refuse the rows where it is null."""
        column = self.get_vectors(name)
        self.refuse(column.null)
        return column

    def drop(self, mask: Numbers) -> None:
        """Drop rows, except those refused before."""
        self.dropped |= mask & ~self.refused

    def refuse(self, mask: Numbers | None) -> None:
        """Refuse rows, except those dropped before."""
        if mask is not None:
            self.refused |= mask & ~self.dropped


@dataclass(frozen=True, slots=True)
class Batch:
    """The answers for many rows.

    Args:
        columns: Values by output name: (rows,), or (rows, size) for vectors. Objects contain None where they are null.
        rejected: (rows,) mask of the rows that the model's own `skip` drops; their values are arbitrary.
        nulls: (rows,) mask of null values by output name, for doubles and vectors with a null. `columns` has NaN there,
            which may be a value elsewhere.
    """

    columns: Mapping[str, Numbers]
    rejected: Numbers
    nulls: Mapping[str, Numbers] = field(default_factory=dict)

    @classmethod
    def concatenate(cls, parts: Sequence[Batch]) -> Batch:
        """Return batches of the same outputs as one; there is at least one."""
        if len(parts) == 1:
            return parts[0]
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
        with_nulls = dict.fromkeys(name for part in parts for name in part.nulls)
        nulls = {
            name: np.concatenate(
                [part.nulls.get(name, np.zeros(len(part.rejected), dtype=bool)) for part in parts]
            )
            for name in with_nulls
        }
        return cls(columns, np.concatenate([part.rejected for part in parts]), nulls)

    def cells(self, name: str) -> list[Any]:
        """Return an output as Python values, None where it is null."""
        values: list[Any] = self.columns[name].tolist()
        if name not in self.nulls:
            return values
        masked = zip(values, self.nulls[name].tolist(), strict=True)
        return [None if is_null else value for value, is_null in masked]

    def rows(self) -> list[dict[str, Any] | None]:
        """Return a dictionary of Python values for each row; None where it was rejected."""
        lists = [self.cells(name) for name in self.columns]
        names = tuple(self.columns)
        return [
            None if rejected else dict(zip(names, values, strict=True))
            for rejected, *values in zip(self.rejected.tolist(), *lists, strict=True)
        ]
