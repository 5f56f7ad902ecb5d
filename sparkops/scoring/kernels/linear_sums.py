"""Weighted sums over the blocks of a vector, not materialized: a term for a scalar, a look-up for a one-hot block."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import partial
from operator import mul

import numpy as np

from ..batch.columns import DenseBlock, OneHotBlock, SparseBlock, VectorColumn
from ..codegen.code_writer import CodeWriter, format_float
from ..codegen.symbols import Dense, OneHot, Sparse, Vector, sum_one_hot
from ..ir.arrays import Numbers
from .sums import sum_in_order

# Terms cancel out if they are this many times larger than their sum.
_CANCELLED = 16.0
# Number of weights from which a matrix product is faster than inline code.
_MIN_WEIGHTS_FOR_PRODUCT = 256


def build_margin_expr(
    vector: Vector, weights: Numbers, intercept: float, code: CodeWriter, *, sparse: bool
) -> str:
    """Return the expression of the dot product of weights and vector, plus intercept.

    Args:
        vector: The features.
        weights: (slots,) weights.
        intercept: Added last, as in Spark.
        code: Binds tables and kernels.
        sparse: The weights are stored sparse, so that Spark ignores slots of weight 0, even NaN and infinity.
    """
    terms, start = [], 0
    for block in vector.blocks:
        part = weights[start : start + block.size]
        start += block.size
        if isinstance(block, OneHot):
            table = sum_one_hot(part * block.hot, part * block.base)
            terms.append(f"{code.bind_constant(tuple(table.tolist()))}[{block.index}]")
        elif isinstance(block, Dense):
            kernel = partial(_sum_dense, part.tolist(), skip=sparse and bool((part == 0.0).any()))
            terms.append(f"{code.bind_constant(kernel)}({block.expr})")
        elif isinstance(block, Sparse):
            kernel = partial(_sum_sparse, array("d", part))
            terms.append(f"{code.bind_constant(kernel)}({block.expr})")
        elif not sparse or part[0] != 0.0:
            terms.append(f"{format_float(part[0])} * {block.expr}")
    terms.append(format_float(intercept))
    return " + ".join(terms)


def prefers_matrix_product(vector: Vector, weights: Numbers, *, sparse: bool) -> bool:
    """Return whether several sums over one vector are faster as a matrix product, which adds in the same order."""
    if weights.size < _MIN_WEIGHTS_FOR_PRODUCT or (sparse and bool((weights == 0.0).any())):
        return False
    return not any(isinstance(block, OneHot | Sparse) for block in vector.blocks)


def emit_margins(vector: Vector, weights: Numbers, intercepts: Numbers, code: CodeWriter) -> str:
    """Generate the sums of (sums, slots) weights and return the variable that holds the list."""
    kernel = partial(_multiply_matrix, columns=np.ascontiguousarray(weights.T), intercepts=intercepts)
    return code.assign(f"{code.bind_constant(kernel)}({code.assign_dense(vector)})")


def _multiply_matrix(values: Sequence[float], *, columns: Numbers, intercepts: Numbers) -> list[float]:
    with np.errstate(all="ignore"):
        sums: list[float] = ((np.array(values)[:, None] * columns).sum(axis=0) + intercepts).tolist()
    return sums


def _sum_dense(weights: Sequence[float], values: Sequence[float], *, skip: bool) -> float:
    if skip:
        return sum_in_order(weight * value for weight, value in zip(weights, values, strict=True) if weight)
    return float(sum_in_order(map(mul, weights, values)))


def _sum_sparse(weights: Sequence[float], values: Mapping[int, float]) -> float:
    return float(sum_in_order([weights[slot] * value for slot, value in values.items()]))


def sum_margins(
    vectors: VectorColumn, weights: Numbers, intercept: float, rows: int, *, sparse: bool
) -> Numbers:
    """Return the dot product plus intercept of each row, summed in the order of `build_margin_expr`.

    A matrix product adds in another order, which is seen where large terms cancel out: such rows are summed again, in
    order.
    """
    total = _sum_blocks(vectors, weights, rows, sparse=sparse) + intercept
    magnitude, start = np.zeros(rows), 0
    for block in vectors.blocks:
        part = weights[start : start + block.size]
        start += block.size
        if isinstance(block, DenseBlock):
            magnitude += np.abs(block.values) @ np.abs(part)
    cancelled = np.flatnonzero(magnitude > _CANCELLED * np.abs(total))
    if len(cancelled):
        total[cancelled] = _sum_blocks(vectors, weights, rows, sparse=sparse, ordered=cancelled) + intercept
    return total


def _sum_blocks(
    vectors: VectorColumn, weights: Numbers, rows: int, *, sparse: bool, ordered: Numbers | None = None
) -> Numbers:
    """Return the dot product of each row, or of the rows at some positions, whose terms are then added in order."""
    chosen = slice(None) if ordered is None else ordered
    total, start = np.zeros(rows)[chosen], 0
    for block in vectors.blocks:
        part = weights[start : start + block.size]
        start += block.size
        if isinstance(block, OneHotBlock):
            total += sum_one_hot(part * block.hot, part * block.base)[block.index[chosen]]
        elif isinstance(block, DenseBlock):
            used = part != 0.0 if sparse else slice(None)
            table = block.values[:, used][chosen]
            total += table @ part[used] if ordered is None else _sum_in_order(table, part[used])
        elif isinstance(block, SparseBlock):
            total += block.sum_rows(part, rows)[chosen]
        elif not sparse or part[0] != 0.0:
            total += part[0] * block.values[chosen]
    return total


def _sum_in_order(table: Numbers, weights: Numbers) -> Numbers:
    total = np.zeros(len(table))
    for slot, weight in enumerate(weights.tolist()):
        total += table[:, slot] * weight
    return total
