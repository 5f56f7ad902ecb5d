"""Weighted sums over a vector that is never built: one term a scalar, one look-up a one-hot part."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import partial
from operator import mul

import numpy as np

from .code import Code, number
from .frame import Denses, Numbers, OneHots, Sparses, Vectors
from .symbols import Dense, OneHot, Sparse, Vector, contributions


def margin(vector: Vector, weights: Numbers, intercept: float, code: Code, *, sparse: bool) -> str:
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
            table = contributions(part * block.hot, part * block.base)
            terms.append(f"{code.constant(tuple(table.tolist()))}[{block.index}]")
        elif isinstance(block, Dense):
            kernel = partial(_dense_sum, part.tolist(), skip=sparse and bool((part == 0.0).any()))
            terms.append(f"{code.constant(kernel)}({block.expr})")
        elif isinstance(block, Sparse):
            kernel = partial(_sparse_sum, array("d", part))
            terms.append(f"{code.constant(kernel)}({block.expr})")
        elif not sparse or part[0] != 0.0:
            terms.append(f"{number(part[0])} * {block.expr}")
    terms.append(number(intercept))
    return " + ".join(terms)


def _dense_sum(weights: Sequence[float], values: Sequence[float], *, skip: bool) -> float:
    if skip:
        return sum(weight * value for weight, value in zip(weights, values, strict=True) if weight)
    return float(sum(map(mul, weights, values)))


def _sparse_sum(weights: Sequence[float], values: Mapping[int, float]) -> float:
    return float(sum([weights[at] * value for at, value in values.items()]))


def margins(vectors: Vectors, weights: Numbers, intercept: float, rows: int, *, sparse: bool) -> Numbers:
    """Return weights . vector + intercept for every row, in the order of `margin`."""
    total, at = np.zeros(rows), 0
    for block in vectors.blocks:
        part = weights[at : at + block.size]
        at += block.size
        if isinstance(block, OneHots):
            total += contributions(part * block.hot, part * block.base)[block.index]
        elif isinstance(block, Denses):
            kept = part != 0.0 if sparse else slice(None)
            total += block.values[:, kept] @ part[kept]
        elif isinstance(block, Sparses):
            total += block.sums(part, rows)
        elif not sparse or part[0] != 0.0:
            total += part[0] * block.values
    return total + intercept
