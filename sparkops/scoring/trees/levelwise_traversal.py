"""All trees of a forest walked at once, level by level: for many rows, and for forests that nothing else can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from struct import Struct

import numpy as np

from ..batch.columns import VectorColumn
from ..ir.arrays import Numbers
from ..ir.description import Step
from .tree_ensemble import AMONG, LEAF, Forest

_SHORT = 200  # trees up to which NumPy's indexing is faster than its `take`
_BLOCK = 2**14  # trees times rows that are walked at once: what the processor's cache holds


Row = Callable[[Sequence[float]], list[float]]
_KEPT: dict[int, tuple[Step, Descent]] = {}
_MOST_KEPT = 8


def descent_of(step: Step) -> Descent:
    """Return the descent of a step, made once: a batch comes in many parts."""
    kept = _KEPT.get(id(step))
    if kept is not None and kept[0] is step:
        return kept[1]
    while len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    made = Descent(Forest.of(step))
    _KEPT[id(step)] = step, made
    return made


@dataclass(frozen=True)
class Descent:
    """The nodes of a forest in the order of their depth, the child for yes right behind the child for no.

    So the next node is the child for no plus the answer; NaN is at most nothing and goes to no by itself. A leaf's child
    is the leaf itself, by a test that always fails, so that every tree can take as many steps as the deepest one.

    Args:
        forest: The trees.
    """

    forest: Forest

    @cached_property
    def used(self) -> Numbers:
        """Return the slots that the trees look at, in order."""
        return self.forest.used()

    def walk(self) -> Row:
        """Return the function from one row's values of the slots in `used` to the sum of the leaves that it reaches."""
        return self._by_thresholds() if self._sets is None else self._all_at_once

    def _by_thresholds(self) -> Row:
        """Return the walk of trees that ask for no category, with everything at hand that each row needs."""
        arrays = self._feature, self.threshold, self.child
        short = len(self.forest.roots) <= _SHORT
        feature, threshold, child = (each.__getitem__ if short else each.take for each in arrays)
        first, below = [each[self._roots] for each in arrays], range(self._depth - 1)
        pack, read, total = Struct(f"{len(self.used) + 1}d").pack, np.frombuffer, self.total()

        def row(values: Sequence[float]) -> list[float]:
            table = read(pack(*values, 0.0))
            value = table.__getitem__ if short else table.take
            node = first[2] + (value(first[0]) <= first[1])
            for _ in below:
                node = child(node) + (value(feature(node)) <= threshold(node))
            return total(node)

        return row

    def total(self, nodes: Numbers | None = None) -> Callable[[Numbers], list[float]]:
        """Return the function from leaves, or from places among some nodes, to their sum, added tree by tree."""
        leaves = self._leaves if nodes is None else self._leaves[nodes]
        if leaves.shape[1] == 1:
            single, added = leaves[:, 0], np.add.accumulate
            return lambda at: [added(single[at]).item(-1)]
        several = leaves.take
        return lambda at: several(at, axis=0).sum(axis=0).tolist()

    def _all_at_once(self, values: Sequence[float]) -> list[float]:
        table = np.array((*values, 0.0))
        node = self._roots
        for _ in range(self._depth):
            node = self.child.take(node) + self.goes_left(node, table.take(self._feature.take(node)))
        return self.total()(node)

    def rows(self, source: VectorColumn, count: int) -> Numbers:
        """Return (rows, width) sums of the leaves that many rows reach."""
        columns = [np.asarray(source.slot(int(at)), dtype=np.float64) for at in self.used]
        table = np.column_stack([*columns, np.zeros(count)]).ravel()
        width, trees = len(columns) + 1, len(self._roots)
        total = np.empty((count, self._leaves.shape[1]))
        step = max(1, _BLOCK // max(1, trees))
        for start in range(0, count, step):
            own = np.arange(start, min(count, start + step)) * width
            node = np.broadcast_to(self._roots, (len(own), trees))
            for _ in range(self._depth):
                value = table.take(self._feature.take(node) + own[:, None])
                node = self.child.take(node) + self.goes_left(node, value)
            total[start : start + step] = self._leaves.take(node, axis=0).sum(axis=1)
        return total

    def asks_categories(self, node: Numbers) -> Numbers | None:
        """Tell which nodes ask for categories; None where none of the forest does."""
        return None if self._sets is None else self._sets.asks[node]

    def goes_left(self, node: Numbers, value: Numbers) -> Numbers:
        """Tell which nodes answer yes, each to a value of its own."""
        left = value <= self.threshold.take(node)
        if self._sets is not None:
            self._sets.decide(node, value, left)
        return left

    @cached_property
    def _levels(self) -> list[Numbers]:
        forest, levels, level = self.forest, [], self.forest.roots
        while len(level):
            levels.append(level)
            inner = level[forest.kind[level] != LEAF]
            level = np.column_stack([forest.right[inner], forest.left[inner]]).ravel()
        return levels

    @cached_property
    def _order(self) -> Numbers:
        return np.concatenate(self._levels)

    @property
    def _depth(self) -> int:
        return len(self._levels) - 1

    @cached_property
    def _roots(self) -> Numbers:
        return np.arange(len(self.forest.roots))

    @cached_property
    def _kind(self) -> Numbers:
        return self.forest.kind[self._order]

    @cached_property
    def place(self) -> Numbers:
        """Return the place of each of the forest's nodes in the order of their depth."""
        place = np.empty(len(self.forest.kind), dtype=np.intp)
        place[self._order] = np.arange(len(self._order))
        return place

    @cached_property
    def child(self) -> Numbers:
        """Return each node's child for no; of a leaf, itself."""
        child, inner = np.arange(len(self._order)), np.flatnonzero(self._kind != LEAF)
        child[inner] = len(self.forest.roots) + 2 * np.arange(len(inner))  # two behind the roots for each
        return child

    @cached_property
    def _feature(self) -> Numbers:
        place = np.full(int(self.used.max(initial=0)) + 1, len(self.used))
        place[self.used] = np.arange(len(self.used))
        return np.where(self._kind == LEAF, len(self.used), place.take(self.forest.feature[self._order]))

    @cached_property
    def threshold(self) -> Numbers:
        """Return what each node compares with; of a leaf, what nothing is below."""
        return np.where(self._kind == LEAF, -np.inf, self.forest.threshold[self._order])

    @cached_property
    def _leaves(self) -> Numbers:
        return np.ascontiguousarray(self.forest.leaves[self._order])

    @cached_property
    def _sets(self) -> _Sets | None:
        return _Sets.of(self.forest, self._order) if (self._kind >= AMONG).any() else None


@dataclass(frozen=True, slots=True)
class _Sets:
    """Which categories go left, of every node that asks for categories.

    Args:
        asks: Whether a node asks.
        inside: Whether the categories it names go left; else all others do.
        first: Where a node's categories begin in `keys`.
        keys: node * most + category of every named one, in order.
        most: One more than the largest category.
    """

    asks: Numbers
    inside: Numbers
    keys: Numbers
    most: int

    @classmethod
    def of(cls, forest: Forest, order: Numbers) -> _Sets:
        """Return the sets of a forest, by the nodes' new places."""
        counts = np.diff(forest.first)
        place = np.empty(len(forest.kind), dtype=np.int64)
        place[order] = np.arange(len(order))
        most = int(forest.categories.max(initial=0.0)) + 1
        nodes = np.repeat(place[np.arange(len(counts))], counts)
        keys = np.unique(nodes * most + forest.categories.astype(np.int64))
        kind = forest.kind[order]
        return cls(kind >= AMONG, kind == AMONG, keys, most)

    def decide(self, node: Numbers, value: Numbers, left: Numbers) -> None:
        """Set `left` where a node asks for categories."""
        here = self.asks.take(node)
        nodes, values = node[here], value[here]
        whole = (values >= 0.0) & (values < self.most) & (values == np.floor(values))
        keys = nodes * self.most + np.where(whole, values, 0.0).astype(np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), max(0, len(self.keys) - 1))
        named = whole & (self.keys[at] == keys) if len(self.keys) else np.zeros(len(keys), dtype=bool)
        left[here] = named == self.inside.take(nodes)
