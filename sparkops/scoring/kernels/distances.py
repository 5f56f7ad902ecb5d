"""Squared distances to fixed points, from blocks of a vector without materializing it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..batch.columns import DenseBlock, OneHotBlock, ScalarColumn, VectorColumn
from ..codegen.code_writer import CodeWriter, float_literal
from ..codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector, one_hot_sums
from ..ir.arrays import Numbers


def prepare_vector(source: Vector, code: CodeWriter) -> Vector:
    """Return a vector for several distance computations: its blocks are variables, or it is one dense block."""
    blocks = tuple(code.repeatable(block) for block in source.blocks)
    if any(isinstance(block, Dense | Sparse) for block in blocks):
        blocks = (Dense(code.dense(source), source.size),)
    return Vector(blocks)


def squared_distance_expr(source: Vector, point: Numbers, code: CodeWriter) -> str:
    """Return the expression of the squared distance to a point of (slots,)."""
    terms, start = [], 0
    for block in source.blocks:
        part = point[start : start + block.size]
        start += block.size
        terms.append(_distance_term(block, part, code))
    return " + ".join(terms) or "0.0"


def emit_squared_distances(source: Vector, centres: Numbers, code: CodeWriter) -> str:
    """Generate the squared distances to (points, slots) and return the variable that holds the list."""
    kernel = partial(_squared_distances, columns=np.ascontiguousarray(centres.T))
    return code.local(f"{code.constant(kernel)}({code.dense(source)})")


def _squared_distances(values: Sequence[float], *, columns: Numbers) -> list[float]:
    with np.errstate(all="ignore"):
        differences = np.array(values)[:, None] - columns
        distances: list[float] = (differences * differences).sum(axis=0).tolist()
    return distances


def _distance_term(block: Block, part: Numbers, code: CodeWriter) -> str:
    if isinstance(block, OneHot):
        table = one_hot_sums((block.hot - part) ** 2, (block.base - part) ** 2)
        return f"{code.constant(tuple(table.tolist()))}[{block.index}]"
    if isinstance(block, Scalar):
        if part[0] == 0.0:
            return f"{block.expr} * {block.expr}"
        difference = code.local(f"{block.expr} - {float_literal(part[0])}")
        return f"{difference} * {difference}"
    return f"{code.constant(partial(_squared_distance, part.tolist()))}({block.expr})"


def _squared_distance(point: Sequence[float], values: Sequence[float]) -> float:
    return sum([(a - b) * (a - b) for a, b in zip(values, point, strict=True)])


def squared_distance_rows(source: VectorColumn, point: Numbers, rows: int) -> Numbers:
    """Return the squared distance of each row to a point of (slots,)."""
    total, start = np.zeros(rows), 0
    for block in source.blocks:
        part = point[start : start + block.size]
        start += block.size
        if isinstance(block, OneHotBlock):
            total += one_hot_sums((block.hot - part) ** 2, (block.base - part) ** 2)[block.index]
        elif isinstance(block, ScalarColumn):
            total += (block.values - part[0]) ** 2
        else:
            table = block.values if isinstance(block, DenseBlock) else block.dense()
            total += ((table - part) ** 2).sum(axis=1)
    return total
