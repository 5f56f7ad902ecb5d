"""Squared distances to fixed points, from blocks of a vector without materializing it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..batch.columns import DenseBlock, OneHotBlock, ScalarColumn, VectorColumn
from ..codegen.code_writer import CodeWriter, format_float
from ..codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector, sum_one_hot
from ..ir.arrays import Numbers
from .sums import sum_in_order


def prepare_vector(source: Vector, code: CodeWriter) -> Vector:
    """Return a vector for several distance computations: its blocks are variables, or it is one dense block."""
    blocks = tuple(code.make_repeatable(block) for block in source.blocks)
    if any(isinstance(block, Dense | Sparse) for block in blocks):
        blocks = (Dense(code.assign_dense(source), source.size),)
    return Vector(blocks)


def build_squared_distance_expr(source: Vector, point: Numbers, code: CodeWriter) -> str:
    """Return the expression of the squared distance to a point of (slots,)."""
    terms, start = [], 0
    for block in source.blocks:
        part = point[start : start + block.size]
        start += block.size
        terms.append(_build_distance_term(block, part, code))
    return " + ".join(terms) or "0.0"


def emit_squared_distances(source: Vector, centres: Numbers, code: CodeWriter) -> str:
    """Generate the squared distances to (points, slots) and return the variable that holds the list."""
    kernel = partial(_measure_all, columns=np.ascontiguousarray(centres.T))
    return code.assign(f"{code.bind_constant(kernel)}({code.assign_dense(source)})")


def _measure_all(values: Sequence[float], *, columns: Numbers) -> list[float]:
    with np.errstate(all="ignore"):
        differences = np.array(values)[:, None] - columns
        distances: list[float] = (differences * differences).sum(axis=0).tolist()
    return distances


def _build_distance_term(block: Block, part: Numbers, code: CodeWriter) -> str:
    if isinstance(block, OneHot):
        table = sum_one_hot((block.hot - part) ** 2, (block.base - part) ** 2)
        return f"{code.bind_constant(tuple(table.tolist()))}[{block.index}]"
    if isinstance(block, Scalar):
        if part[0] == 0.0:
            return f"{block.expr} * {block.expr}"
        difference = code.assign(f"{block.expr} - {format_float(part[0])}")
        return f"{difference} * {difference}"
    return f"{code.bind_constant(partial(_measure, part.tolist()))}({block.expr})"


def _measure(point: Sequence[float], values: Sequence[float]) -> float:
    return sum_in_order([(a - b) * (a - b) for a, b in zip(values, point, strict=True)])


def measure_squared_distances(source: VectorColumn, point: Numbers, rows: int) -> Numbers:
    """Return the squared distance of each row to a point of (slots,)."""
    total, start = np.zeros(rows), 0
    for block in source.blocks:
        part = point[start : start + block.size]
        start += block.size
        if isinstance(block, OneHotBlock):
            total += sum_one_hot((block.hot - part) ** 2, (block.base - part) ** 2)[block.index]
        elif isinstance(block, ScalarColumn):
            total += (block.values - part[0]) ** 2
        else:
            table = block.values if isinstance(block, DenseBlock) else block.to_dense()
            total += ((table - part) ** 2).sum(axis=1)
    return total
