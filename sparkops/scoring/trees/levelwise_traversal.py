"""Evaluate all trees at once, one level at a time, with NumPy: for batches, and for rows of very large ensembles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from struct import Struct

import numpy as np

from ..batch.columns import VectorColumn
from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Vector, get_slot
from ..ir.arrays import Numbers
from ..ir.description import Step
from .tree_ensemble import AMONG, LEAF, TreeEnsemble

# Trees up to which NumPy's indexing is faster than `take`.
MAX_INDEXED_TREES = 200
# Trees times rows that are evaluated at once: what the processor's cache holds.
_BLOCK_SIZE = 2**14

RowFunction = Callable[[Sequence[float]], list[float]]


@lru_cache(maxsize=8)
def build_traversal(step: Step) -> LevelwiseTraversal:
    """Return the traversal of a step; a batch is evaluated in many parts."""
    return LevelwiseTraversal(TreeEnsemble.from_step(step))


@dataclass(frozen=True)
class LevelwiseTraversal:
    """The nodes of all trees in breadth-first order; the left child of a node directly follows its right child.

    The next node is therefore the right child plus the outcome of the condition. NaN fails every comparison. A leaf is
    its own child under a condition that always fails, so that all trees can take as many steps as the deepest one.

    Args:
        trees: The trees.
    """

    trees: TreeEnsemble

    @cached_property
    def used_features(self) -> Numbers:
        """Return the slots that the trees test, in ascending order."""
        return self.trees.find_used_features()

    def build_row_function(self) -> RowFunction:
        """Return the function from a row's values of `used_features` to the sum of the leaf values."""
        return self._build_threshold_function() if self._sets is None else self._evaluate_row

    def _build_threshold_function(self) -> RowFunction:
        """Return the function for trees without categories, with all look-ups bound beforehand."""
        arrays = self._feature, self.threshold, self.right_child
        indexed = len(self.trees.roots) <= MAX_INDEXED_TREES
        feature, threshold, child = (array.__getitem__ if indexed else array.take for array in arrays)
        root_feature, root_threshold, root_child = (array[self._roots] for array in arrays)
        levels = range(self._depth - 1)
        pack, read = Struct(f"{len(self.used_features) + 1}d").pack, np.frombuffer
        sum_leaves = self.build_leaf_sum()

        def evaluate(values: Sequence[float]) -> list[float]:
            table = read(pack(*values, 0.0))
            value = table.__getitem__ if indexed else table.take
            node = root_child + (value(root_feature) <= root_threshold)
            for _ in levels:
                node = child(node) + (value(feature(node)) <= threshold(node))
            return sum_leaves(node)

        return evaluate

    def _evaluate_row(self, values: Sequence[float]) -> list[float]:
        table = np.array((*values, 0.0))
        node = self._roots
        for _ in range(self._depth):
            node = self.right_child.take(node) + self.find_left(node, table.take(self._feature.take(node)))
        return self.build_leaf_sum()(node)

    def build_leaf_sum(self, nodes: Numbers | None = None) -> Callable[[Numbers], list[float]]:
        """Return the function from leaves (or positions in `nodes`) to the sum of their values, added tree by tree."""
        leaves = self._leaves if nodes is None else self._leaves[nodes]
        if leaves.shape[1] == 1:
            single, accumulate = leaves[:, 0], np.add.accumulate
            return lambda reached: [accumulate(single[reached]).item(-1)]
        take = leaves.take
        return lambda reached: take(reached, axis=0).sum(axis=0).tolist()

    def sum_rows(self, source: VectorColumn, count: int) -> Numbers:
        """Return the sums of the leaf values of many rows.

        Args:
            source: The feature vectors.
            count: Number of rows.

        Returns:
            (rows, width).
        """
        total = np.empty((count, self._leaves.shape[1]))
        for rows, node in self._iterate_reached_leaves(source, count):
            total[rows] = self._leaves.take(node, axis=0).sum(axis=1)
        return total

    def find_leaf_values(self, source: VectorColumn, count: int) -> Numbers:
        """Return the first value of the leaf that each row reaches in each tree: (rows, trees)."""
        values = np.empty((count, len(self._roots)))
        for rows, node in self._iterate_reached_leaves(source, count):
            values[rows] = self._leaves[:, 0].take(node)
        return values

    def _iterate_reached_leaves(self, source: VectorColumn, count: int) -> Iterator[tuple[slice, Numbers]]:
        """Yield blocks of rows and the leaves that they reach, (rows, trees)."""
        columns = [np.asarray(source.get_slot(int(slot)), dtype=np.float64) for slot in self.used_features]
        table = np.column_stack([*columns, np.zeros(count)]).ravel()
        width, trees = len(columns) + 1, len(self._roots)
        size = max(1, _BLOCK_SIZE // max(1, trees))
        for start in range(0, count, size):
            offsets = np.arange(start, min(count, start + size)) * width
            node = np.broadcast_to(self._roots, (len(offsets), trees))
            for _ in range(self._depth):
                value = table.take(self._feature.take(node) + offsets[:, None])
                node = self.right_child.take(node) + self.find_left(node, value)
            yield slice(start, start + size), node

    def find_category_tests(self, node: Numbers) -> Numbers | None:
        """Return which nodes test categories; None if no node of the ensemble does."""
        return None if self._sets is None else self._sets.is_set[node]

    def find_left(self, node: Numbers, value: Numbers) -> Numbers:
        """Return whether the condition of each node is true for its value."""
        left = value <= self.threshold.take(node)
        if self._sets is not None:
            self._sets.decide(node, value, left)
        return left

    @cached_property
    def _levels(self) -> list[Numbers]:
        trees, levels, level = self.trees, [], self.trees.roots
        while len(level):
            levels.append(level)
            inner = level[trees.node_type[level] != LEAF]
            level = np.column_stack([trees.right[inner], trees.left[inner]]).ravel()
        return levels

    @cached_property
    def _order(self) -> Numbers:
        return np.concatenate(self._levels)

    @property
    def _depth(self) -> int:
        return len(self._levels) - 1

    @cached_property
    def _roots(self) -> Numbers:
        return np.arange(len(self.trees.roots))

    @cached_property
    def _node_type(self) -> Numbers:
        return self.trees.node_type[self._order]

    @cached_property
    def position(self) -> Numbers:
        """Return the breadth-first position of each node of the ensemble."""
        position = np.empty(len(self.trees.node_type), dtype=np.intp)
        position[self._order] = np.arange(len(self._order))
        return position

    @cached_property
    def right_child(self) -> Numbers:
        """Return the child of each node for a false condition; a leaf itself."""
        child, inner = np.arange(len(self._order)), np.flatnonzero(self._node_type != LEAF)
        child[inner] = len(self.trees.roots) + 2 * np.arange(len(inner))
        return child

    @cached_property
    def _feature(self) -> Numbers:
        """Return the position of each node's slot among the used features.

        A leaf reads the 0.0 after the last feature.
        """
        position = np.full(int(self.used_features.max(initial=0)) + 1, len(self.used_features))
        position[self.used_features] = np.arange(len(self.used_features))
        features = position.take(self.trees.feature[self._order])
        return np.where(self._node_type == LEAF, len(self.used_features), features)

    @cached_property
    def threshold(self) -> Numbers:
        """Return the threshold of each node; -inf for leaves, whose condition never holds."""
        return np.where(self._node_type == LEAF, -np.inf, self.trees.threshold[self._order])

    @cached_property
    def _leaves(self) -> Numbers:
        return np.ascontiguousarray(self.trees.leaves[self._order])

    @cached_property
    def _sets(self) -> _CategorySets | None:
        return _CategorySets.build(self.trees, self._order) if self.trees.has_categories else None


@dataclass(frozen=True, slots=True)
class TraversedRow:
    """Evaluate one row by a level-wise traversal.

    Args:
        traversal: The traversal.
        source: The feature vector in the code of a row.
    """

    traversal: LevelwiseTraversal
    source: Vector

    def emit_sums(self, code: CodeWriter) -> list[str]:
        """Add the sum of the leaf values to the code; return one expression for each component."""
        slots = [get_slot(self.source, slot).expr for slot in self.traversal.used_features.tolist()]
        total = code.assign(
            f"{code.bind_constant(self.traversal.build_row_function())}([{', '.join(slots)}])"
        )
        return [f"{total}[{component}]" for component in range(self.traversal.trees.leaves.shape[1])]


@dataclass(frozen=True, slots=True)
class _CategorySets:
    """The category sets of all nodes that test categories.

    Args:
        is_set: Whether a node tests categories.
        members_go_left: Whether members of its set go left; otherwise all other values do.
        keys: node * count + category of every member, ascending.
        count: Largest category plus 1.
    """

    is_set: Numbers
    members_go_left: Numbers
    keys: Numbers
    count: int

    @classmethod
    def build(cls, trees: TreeEnsemble, order: Numbers) -> _CategorySets:
        """Return the sets, by breadth-first position of the nodes."""
        sizes = np.diff(trees.category_start)
        position = np.empty(len(trees.node_type), dtype=np.int64)
        position[order] = np.arange(len(order))
        count = int(trees.categories.max(initial=0.0)) + 1
        nodes = np.repeat(position[np.arange(len(sizes))], sizes)
        keys = np.unique(nodes * count + trees.categories.astype(np.int64))
        node_type = trees.node_type[order]
        return cls(node_type >= AMONG, node_type == AMONG, keys, count)

    def decide(self, node: Numbers, value: Numbers, left: Numbers) -> None:
        """Set `left` at nodes that test categories."""
        selected = self.is_set.take(node)
        nodes, values = node[selected], value[selected]
        is_category = (values >= 0.0) & (values < self.count) & (values == np.floor(values))
        keys = nodes * self.count + np.where(is_category, values, 0.0).astype(np.int64)
        positions = np.minimum(np.searchsorted(self.keys, keys), max(0, len(self.keys) - 1))
        is_member = (
            is_category & (self.keys[positions] == keys)
            if len(self.keys)
            else np.zeros(len(keys), dtype=bool)
        )
        left[selected] = is_member == self.members_go_left.take(nodes)
