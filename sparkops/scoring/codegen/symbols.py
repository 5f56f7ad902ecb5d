"""Symbolic columns of one row during code generation: expressions instead of values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.arrays import Numbers


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value of a row.

    Args:
        expr: Python expression over names that the code writer made.
        type: Spark's type of the column.
        null: Whether it may be None.
        nan: Whether it may be NaN.
        atom: Whether the expression is one variable, so that repeating it costs nothing.
        limit: The value is an integer from 0 to below this; None if unknown.
        labels: Labels of the indices, in order, as in Spark's column metadata.
        field: Input column that it comes from.
        scale: value = scale * field + shift; 0 if the relation is unknown.
        shift: See scale.
    """

    expr: str
    type: str
    null: bool = False
    nan: bool = False
    atom: bool = True
    limit: int | None = None
    labels: tuple[str, ...] | None = None
    field: str | None = None
    scale: float = 1.0
    shift: float = 0.0

    @property
    def size(self) -> int:
        """Return 1: a scalar takes one slot of a vector."""
        return 1


@dataclass(frozen=True, slots=True)
class OneHot:
    """A one-hot block of a vector, never materialized: slot `index` is `hot[index]`, any other slot its `base`.

    An index equal to `size` means that no slot is hot.
    """

    index: str
    hot: Numbers
    base: Numbers
    field: str | None = None

    @property
    def size(self) -> int:
        """Return the number of slots."""
        return len(self.hot)


@dataclass(frozen=True, slots=True)
class Dense:
    """A block of a vector that is a sequence of doubles at run time.

    Args:
        expr: Variable that holds the sequence.
        size: Slots.
        field: Input column that it comes from.
        nan: Whether a slot may be NaN.
    """

    expr: str
    size: int
    field: str | None = None
    nan: bool = True


@dataclass(frozen=True, slots=True)
class Sparse:
    """A wide block of a vector that is a dictionary from slot to double at run time; absent slots are 0.

    Args:
        expr: Variable that holds the dictionary.
        size: Slots.
        field: Input column that it comes from.
    """

    expr: str
    size: int
    field: str | None = None


Block = Scalar | OneHot | Dense | Sparse


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector column, composed of blocks.

    Args:
        blocks: The blocks, in slot order.
        null: Expression that is true if the vector is null; None if it never is.
        field: Input column that it comes from, or a name for messages.
    """

    blocks: tuple[Block, ...]
    null: str | None = None
    field: str | None = None

    @property
    def size(self) -> int:
        """Return the length of the vector."""
        return sum(block.size for block in self.blocks)

    @property
    def sparse(self) -> bool:
        """Return whether a block is sparse, so that the vector is too wide for a variable per slot."""
        return any(isinstance(block, Sparse) for block in self.blocks)


def list_slots(vector: Vector) -> tuple[Scalar, ...]:
    """Return the slots of a vector as scalars; for vectors short enough for inline code."""
    return tuple(scalar for block in vector.blocks for scalar in list_block_slots(block))


def list_block_slots(block: Block) -> tuple[Scalar, ...]:
    """Return the slots of a block as scalars."""
    return tuple(get_block_slot(block, position) for position in range(block.size))


def get_block_slot(block: Block, position: int) -> Scalar:
    """Return one slot of a block as a scalar."""
    if isinstance(block, Scalar):
        return block
    if isinstance(block, Dense):
        return Scalar(
            f"{block.expr}[{position}]", "double", nan=block.nan, atom=False, field=block.field, scale=0.0
        )
    if isinstance(block, Sparse):
        return Scalar(
            f"{block.expr}.get({position}, 0.0)", "double", nan=True, atom=False, field=block.field, scale=0.0
        )
    hot, base = float(block.hot[position]), float(block.base[position])
    return Scalar(f"({hot!r} if {block.index} == {position} else {base!r})", "double", atom=False)


def get_slot(vector: Vector, position: int) -> Scalar:
    """Return one slot of a vector as a scalar."""
    for block in vector.blocks:
        if position < block.size:
            return get_block_slot(block, position)
        position -= block.size
    raise IndexError(position)


def sum_one_hot(hot: Numbers, base: Numbers) -> Numbers:
    """Return, for each index from 0 to size, the sum over all slots if that slot is hot; at `size` no slot is.

    Args:
        hot: (size,) summand of each slot if it is hot.
        base: (size,) summand of each slot if it is not.
    """
    wide = base.astype(np.longdouble)
    summed = (wide.sum() - wide + hot).astype(np.float64)
    return np.append(summed, base.sum())
