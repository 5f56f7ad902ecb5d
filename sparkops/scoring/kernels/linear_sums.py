"""Weighted sums over a vector that is never built: one term a scalar, one look-up a one-hot part."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import partial
from operator import mul

import numpy as np

from ..batch.columns import DenseBlock, OneHotBlock, SparseBlock, VectorColumn
from ..codegen.code_writer import CodeWriter, float_literal
from ..codegen.symbols import Dense, OneHot, Sparse, Vector, one_hot_sums
from ..ir.arrays import Numbers

_LARGE = 256  # weights


def margin_expr(vector: Vector, weights: Numbers, intercept: float, code: CodeWriter, *, sparse: bool) -> str:
    """Return the expression of weights . vector + intercept.

    Args:
        vector: The features.
        weights: One for each slot.
        intercept: Added last, as Spark does.
        code: Where tables are bound.
        sparse: The weights were stored sparse, so that Spark never looks at a slot of weight 0.
    """
    terms, at = [], 0
    for block in vector.blocks:
        part = weights[at : at + block.size]
        at += block.size
        if isinstance(block, OneHot):
            table = one_hot_sums(part * block.hot, part * block.base)
            terms.append(f"{code.constant(tuple(table.tolist()))}[{block.index}]")
        elif isinstance(block, Dense):
            kernel = partial(_dense_sum, part.tolist(), skip=sparse and bool((part == 0.0).any()))
            terms.append(f"{code.constant(kernel)}({block.expr})")
        elif isinstance(block, Sparse):
            kernel = partial(_sparse_sum, array("d", part))
            terms.append(f"{code.constant(kernel)}({block.expr})")
        elif not sparse or part[0] != 0.0:
            terms.append(f"{float_literal(part[0])} * {block.expr}")
    terms.append(float_literal(intercept))
    return " + ".join(terms)


def prefers_matrix_product(vector: Vector, weights: Numbers, *, sparse: bool) -> bool:
    """Tell whether many sums over one vector are cheaper as one product of arrays; the order of the sums is the same."""
    if weights.size < _LARGE or (sparse and bool((weights == 0.0).any())):
        return False
    return not any(isinstance(block, OneHot | Sparse) for block in vector.blocks)


def emit_margins(vector: Vector, weights: Numbers, intercepts: Numbers, code: CodeWriter) -> str:
    """Return the name of the list of `margin` for each of (sums, slots) weights."""
    kernel = partial(_margins, columns=np.ascontiguousarray(weights.T), intercepts=intercepts)
    return code.local(f"{code.constant(kernel)}({code.dense(vector)})")


def _margins(values: Sequence[float], *, columns: Numbers, intercepts: Numbers) -> list[float]:
    with np.errstate(all="ignore"):
        found: list[float] = ((np.array(values)[:, None] * columns).sum(axis=0) + intercepts).tolist()
    return found


def _dense_sum(weights: Sequence[float], values: Sequence[float], *, skip: bool) -> float:
    if skip:
        return sum(weight * value for weight, value in zip(weights, values, strict=True) if weight)
    return float(sum(map(mul, weights, values)))


def _sparse_sum(weights: Sequence[float], values: Mapping[int, float]) -> float:
    return float(sum([weights[at] * value for at, value in values.items()]))


def margin_rows(
    vectors: VectorColumn, weights: Numbers, intercept: float, rows: int, *, sparse: bool
) -> Numbers:
    """Return weights . vector + intercept for every row, in the order of `margin`."""
    total, at = np.zeros(rows), 0
    for block in vectors.blocks:
        part = weights[at : at + block.size]
        at += block.size
        if isinstance(block, OneHotBlock):
            total += one_hot_sums(part * block.hot, part * block.base)[block.index]
        elif isinstance(block, DenseBlock):
            kept = part != 0.0 if sparse else slice(None)
            total += block.values[:, kept] @ part[kept]
        elif isinstance(block, SparseBlock):
            total += block.sums(part, rows)
        elif not sparse or part[0] != 0.0:
            total += part[0] * block.values
    return total + intercept
