"""QuickScorer: find the leaf of every tree by AND of bitmasks, without descending (Lucchese et al., SIGIR 2015).

Each outcome of a condition has a mask of the exits that remain reachable in its tree. Between two neighbouring
thresholds all conditions on a value have the same outcomes, so their masks are combined beforehand: one row of a table
for each interval. A row is evaluated by looking up one table row per value and combining these by AND; one bit of each
tree remains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from struct import Struct

import numpy as np

from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Vector
from ..ir.arrays import Numbers
from .feature_splits import FeatureSplits, group_splits
from .levelwise_traversal import MAX_INDEXED_TREES, LevelwiseTraversal, RowFunction
from .tree_prefix import WORD_BITS, TreePrefix

# Size of the table. Larger ones are slower than a traversal.
_MAX_TABLE_BYTES = 2**24
# Nodes up to which the table is built fast enough for loading a model.
_MAX_NODES = 500_000
# Values of a row. Combining more table rows is slower than a traversal.
_MAX_VALUES = 64
# Words per row, and per tree, up to which whole trees are represented; beyond, descending a few levels is faster.
_MAX_WORDS, _MAX_WORDS_PER_TREE = 7_000, 16
# Position and bias of the exponent of a double.
_EXPONENT_SHIFT, _EXPONENT_BIAS = 52, 1023


@dataclass(frozen=True, slots=True)
class QuickScorer:
    """The mask table of an ensemble.

    Args:
        traversal: The trees.
        splits: The values of a row that are tested.
        prefix: The truncated trees.
        bounds: Bounds of all values, ascending.
        row_index: (values, bounds + 1) table row of each value, by the number of all bounds below it.
        table: (intervals, bytes) bytes of the remaining exits of each tree, then the outcomes of all conditions below
            the prefixes.
        condition: For each node, the position of its outcome; leaves have the last one, which is false.
    """

    traversal: LevelwiseTraversal
    splits: Sequence[FeatureSplits]
    prefix: TreePrefix
    bounds: Numbers
    row_index: Numbers
    table: Numbers
    condition: Numbers

    @classmethod
    def build(cls, traversal: LevelwiseTraversal, source: Vector) -> QuickScorer | None:
        """Return the mask table of an ensemble; None if it would be too large or a threshold is not finite."""
        if len(traversal.trees.node_type) > _MAX_NODES:
            return None
        return cls.from_splits(traversal, group_splits(traversal.trees, source))

    @classmethod
    def from_splits(
        cls, traversal: LevelwiseTraversal, splits: Sequence[FeatureSplits]
    ) -> QuickScorer | None:
        """Return the mask table for the splits of an ensemble, or None as `build` does."""
        bounds = np.unique(np.concatenate([np.zeros(0), *(group.bounds for group in splits)]))
        intervals = sum(len(group.bounds) + 1 for group in splits)
        trees = len(traversal.trees.roots)
        size = 8 * (intervals * trees + len(splits) * len(bounds))
        if not 0 < len(splits) <= _MAX_VALUES or size > _MAX_TABLE_BYTES or not np.isfinite(bounds).all():
            return None
        prefix = _build_prefix(traversal, _MAX_WORDS // (trees * len(splits)))
        conditions = [_Conditions.build(traversal, group) for group in splits]
        outcomes = sum(len(group.nodes) for group in conditions) + 1 if prefix.max_depth_below else 0
        if size + intervals * outcomes > _MAX_TABLE_BYTES:
            return None
        offsets = [0, *accumulate(len(group.nodes) for group in conditions)]
        condition = np.full(len(traversal.right_child), offsets[-1])
        for offset, group in zip(offsets, conditions, strict=False):
            condition[group.testing_nodes] = group.condition + offset
        table = _build_table(prefix, conditions, offsets, (intervals, outcomes))
        return cls(traversal, splits, prefix, bounds, _build_row_index(bounds, splits), table, condition)

    def emit_sums(self, code: CodeWriter) -> list[str]:
        """Add the sum of the leaf values to the code; return one expression for each component."""
        for group in self.splits:
            code.add_boundaries(group.value, group.limits.tolist())
        values = ", ".join(group.value.expr for group in self.splits)
        total = code.assign(f"{code.bind_constant(self.build_row_function())}([{values}])")
        return [f"{total}[{component}]" for component in range(self.traversal.trees.leaves.shape[1])]

    def build_row_function(self) -> RowFunction:
        """Return the function from a row's values, in the order of `splits`, to the sum of the leaf values."""
        pack, read = Struct(f"{len(self.row_index)}d").pack, np.frombuffer
        offsets = np.arange(len(self.row_index)) * self.row_index.shape[1]
        row_of = self.row_index.ravel().__getitem__
        rank, rows, combine = self.bounds.searchsorted, self.table.take, np.bitwise_and.reduce
        exit_bit = (
            self._build_one_word_function()
            if self.prefix.mask_all.shape[1] == 1
            else self._build_several_words_function()
        )
        if self.prefix.max_depth_below:
            descend = self._build_descent(exit_bit)
            return lambda values: descend(combine(rows(row_of(rank(read(pack(*values))) + offsets), 0)))
        leaf_sum = self.traversal.build_leaf_sum(self.prefix.exit_node)
        return lambda values: leaf_sum(
            exit_bit(combine(rows(row_of(rank(read(pack(*values))) + offsets), 0)))
        )

    def _build_one_word_function(self) -> Callable[[Numbers], Numbers]:
        """Return the function from one word for each tree to its exit.

        One bit of each word remains. Converted to a double, its position is the exponent.
        """
        trees = len(self.prefix.mask_all)
        word = self.prefix.mask_all.dtype
        double = np.float64
        integer = np.int64
        first, shift = np.arange(trees) * WORD_BITS - _EXPONENT_BIAS, np.full(trees, _EXPONENT_SHIFT)

        def exit_bit(masks: Numbers) -> Numbers:
            exits: Numbers = (masks.view(word).astype(double).view(integer) >> shift) + first
            return exits

        return exit_bit

    def _build_several_words_function(self) -> Callable[[Numbers], Numbers]:
        """Return the function from several words for each tree, of which one is not 0, to its exit."""
        double, integer = np.float64, np.int64
        shift = np.full(len(self.prefix.mask_all), _EXPONENT_SHIFT)
        first = self._choose_getter(np.arange(self.prefix.mask_all.size) * WORD_BITS - _EXPONENT_BIAS)

        def exit_bit(masks: Numbers) -> Numbers:
            words = masks.view(np.uint64)
            positions = words.nonzero()[0]
            exits: Numbers = (words[positions].astype(double).view(integer) >> shift) + first(positions)
            return exits

        return exit_bit

    def _build_descent(self, exit_bit: Callable[[Numbers], Numbers]) -> Callable[[Numbers], list[float]]:
        """Return the function from the combined bytes to the sum of the leaf values, some levels below the exits."""
        exits = self._choose_getter(self.prefix.exit_node)
        child = self._choose_getter(self.traversal.right_child)
        condition = self._choose_getter(self.condition)
        width, levels = self.prefix.mask_all.nbytes, range(self.prefix.max_depth_below)
        leaf_sum = self.traversal.build_leaf_sum()

        def descend(combined: Numbers) -> list[float]:
            node = exits(exit_bit(combined[:width]))
            outcome = self._choose_getter(combined[width:].view(np.bool_))
            for _ in levels:
                node = child(node) + outcome(condition(node))
            return leaf_sum(node)

        return descend

    def _choose_getter(self, array: Numbers) -> Callable[[Numbers], Numbers]:
        return array.__getitem__ if len(self.prefix.mask_all) <= MAX_INDEXED_TREES else array.take


@dataclass(frozen=True, slots=True)
class _Conditions:
    """The distinct conditions on one value.

    Args:
        testing_nodes: Nodes that test the value.
        condition: For each of them, its condition.
        nodes: One node for each condition.
        outcomes: (bounds + 1, conditions) outcome of each condition, by the number of bounds below the value.
    """

    testing_nodes: Numbers
    condition: Numbers
    nodes: Numbers
    outcomes: Numbers

    @classmethod
    def build(cls, traversal: LevelwiseTraversal, splits: FeatureSplits) -> _Conditions:
        """Return the distinct conditions of a group of splits."""
        testing_nodes = traversal.position[splits.nodes]
        key = _number_conditions(traversal, testing_nodes, splits)
        node_of_key = np.full(int(key.max()) + 1, -1)
        node_of_key[key] = np.arange(len(key))
        chosen = node_of_key[node_of_key >= 0]
        condition = (np.cumsum(node_of_key >= 0) - 1)[key]
        nodes = testing_nodes[chosen]
        outcomes = [
            traversal.find_left(nodes, splits.get_slot_values(value)[chosen])
            for value in splits.list_representatives()
        ]
        return cls(testing_nodes, condition, nodes, np.array(outcomes))


def _build_prefix(traversal: LevelwiseTraversal, max_words: int) -> TreePrefix:
    """Return whole trees if they fit into `max_words` words each, otherwise prefixes of one word."""
    if max_words > 1:
        prefix = TreePrefix.build(traversal, min(max_words, _MAX_WORDS_PER_TREE))
        if not prefix.max_depth_below:
            return prefix
    return TreePrefix.build(traversal, 1)


def _number_conditions(traversal: LevelwiseTraversal, nodes: Numbers, splits: FeatureSplits) -> Numbers:
    """Return numbers that are equal for equal conditions; each condition on categories has its own number."""
    key = np.searchsorted(splits.limits, splits.thresholds)
    if splits.slot is not None:
        key = key + splits.slot * (len(splits.limits) + 1)
    is_set = traversal.find_category_tests(nodes)
    return key if is_set is None else np.where(is_set, int(key.max()) + 1 + np.arange(len(key)), key)


def _build_row_index(bounds: Numbers, splits: Sequence[FeatureSplits]) -> Numbers:
    ranks = [np.searchsorted(group.bounds, bounds, side="right") for group in splits]
    first = [0, *accumulate(len(group.bounds) + 1 for group in splits)]
    return np.array([np.append(0, rank) + start for rank, start in zip(ranks, first, strict=False)])


def _build_table(
    prefix: TreePrefix, conditions: list[_Conditions], offsets: list[int], shape: tuple[int, int]
) -> Numbers:
    intervals, outcomes = shape
    width = prefix.mask_all.nbytes
    table = np.full((intervals, width + outcomes), 255, dtype=np.uint8)
    table[:, :width] = prefix.mask_all.ravel().view(np.uint8)
    table[:, width + offsets[-1] :] = 0
    row = 0
    for offset, group in zip(offsets, conditions, strict=False):
        for outcome, masks in zip(group.outcomes, _iterate_combined_masks(prefix, group), strict=True):
            table[row, :width] &= masks.ravel().view(np.uint8)
            if outcomes:
                table[row, width + offset : width + offset + len(outcome)] = outcome
            row += 1
    return table


def _iterate_combined_masks(prefix: TreePrefix, conditions: _Conditions) -> Iterator[Numbers]:
    """Yield, for each number of bounds below the value, the exits of every tree that its conditions leave reachable."""
    index = prefix.index[conditions.testing_nodes]
    condition, index = conditions.condition[index >= 0], index[index >= 0]
    order = np.argsort(prefix.tree[index], kind="stable")
    condition, index = condition[order], index[order]
    trees, starts = np.unique(prefix.tree[index], return_index=True)
    mask_true, mask_false = prefix.mask_true[index], prefix.mask_false[index]
    for outcomes in conditions.outcomes:
        masks = np.full_like(prefix.mask_all, np.iinfo(prefix.mask_all.dtype).max)
        if len(index):
            reachable = np.where(outcomes[condition][:, None], mask_true, mask_false)
            masks[trees] = np.bitwise_and.reduceat(reachable, starts, axis=0)
        yield masks
