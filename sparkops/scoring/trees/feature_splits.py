"""What trees ask of a row: numbers of it, each with the bounds between which all tests answer the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..codegen.symbols import OneHot, Scalar, Vector, block_slot
from ..ir.arrays import Numbers
from .tree_ensemble import AT_MOST, LEAF, Forest


@dataclass(frozen=True, slots=True)
class Question:
    """One number of a row, and the nodes that ask for it.

    Args:
        number: The number: a slot, or the index of a one-hot part, whose slots are all told by it.
        nodes: Nodes that ask, in order.
        bounds: In order; a number's answers are told by how many bounds are below it. NaN is above all.
        thresholds: By node, what its slot is compared with.
        limits: The same, of nodes that ask for no category; in order, each once.
        hot: By node, what its slot holds when the index is `place`; None when the number is the slot itself.
        base: By node, what its slot holds otherwise.
        place: By node, its slot's place in the one-hot part.
    """

    number: Scalar
    nodes: Numbers
    bounds: Numbers
    thresholds: Numbers
    limits: Numbers
    hot: Numbers | None = None
    base: Numbers | None = None
    place: Numbers | None = None

    def examples(self) -> list[float]:
        """Return a number for each count of bounds below it."""
        return [*self.bounds.tolist(), np.inf]

    def slot_values(self, example: float) -> Numbers:
        """Return what each node's slot holds when the row's number is this one."""
        if self.hot is None or self.base is None:
            return np.full(len(self.nodes), example)
        return np.where(self.place == example, self.hot, self.base)


def questions(forest: Forest, source: Vector) -> list[Question]:
    """Return all that a forest asks, in the order of the vector's slots."""
    asking = np.flatnonzero(forest.kind != LEAF)
    # of few bits, because NumPy sorts such numbers much faster
    narrow = forest.feature[asking].astype(np.min_scalar_type(source.size))
    asking = asking[np.argsort(narrow, kind="stable")]
    features, found, start = forest.feature[asking], [], 0
    for block in source.blocks:
        first, last = np.searchsorted(features, [start, start + block.size])
        nodes = asking[first:last]
        if isinstance(block, OneHot) and len(nodes):
            found.append(_of_hot(forest, block, nodes, forest.feature[nodes].astype(np.intp) - start))
        elif len(nodes):
            cuts = np.flatnonzero(np.diff(forest.feature[nodes])) + 1
            found += [
                _of_slot(forest, block_slot(block, int(forest.feature[own[0]]) - start), own)
                for own in np.split(nodes, cuts)
            ]
        start += block.size
    return found


def _of_hot(forest: Forest, block: OneHot, nodes: Numbers, place: Numbers) -> Question:
    number, (thresholds, limits) = Scalar(block.index, "double"), _thresholds(forest, nodes)
    hot, base = block.hot[place], block.base[place]
    return Question(number, nodes, _around(place), thresholds, limits, hot, base, place)


def _of_slot(forest: Forest, number: Scalar, nodes: Numbers) -> Question:
    thresholds, limits = _thresholds(forest, nodes)
    named = [*_categories(forest, nodes[forest.kind[nodes] != AT_MOST])]
    bounds = np.unique(np.concatenate([limits, _around(np.concatenate(named))])) if named else limits
    return Question(number, nodes, bounds, thresholds, limits)


def _thresholds(forest: Forest, nodes: Numbers) -> tuple[Numbers, Numbers]:
    thresholds = forest.threshold[nodes]
    return thresholds, np.unique(thresholds[forest.kind[nodes] == AT_MOST])


def _categories(forest: Forest, nodes: Numbers) -> Iterator[Numbers]:
    for node in nodes.tolist():
        yield forest.categories[forest.first[node] : forest.first[node + 1]]


def _around(values: Numbers) -> Numbers:
    """Return bounds that keep each value apart from all other doubles."""
    own = np.unique(values).astype(np.float64)
    return np.unique(np.concatenate([np.nextafter(own, -np.inf), own]))
