"""Weighted sums over a vector that is never built: one term a scalar, one look-up a one-hot part."""

from __future__ import annotations

import numpy as np

from .code import Code, number
from .frame import Numbers, OneHots, Vectors
from .symbols import OneHot, Vector, contributions


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
        elif not sparse or part[0] != 0.0:
            terms.append(f"{number(part[0])} * {block.expr}")
    terms.append(number(intercept))
    return " + ".join(terms)


def margins(vectors: Vectors, weights: Numbers, intercept: float, rows: int, *, sparse: bool) -> Numbers:
    """Return weights . vector + intercept for every row, in the order of `margin`."""
    total, at = np.zeros(rows), 0
    for block in vectors.blocks:
        part = weights[at : at + block.size]
        at += block.size
        if isinstance(block, OneHots):
            total += contributions(part * block.hot, part * block.base)[block.index]
        elif not sparse or part[0] != 0.0:
            total += part[0] * block.values
    return total + intercept
