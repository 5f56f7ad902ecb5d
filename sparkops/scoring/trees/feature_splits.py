"""The splits of an ensemble grouped by the value that they test. Between two bounds, no split changes its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..codegen.symbols import OneHot, Scalar, Vector, get_block_slot
from ..ir.arrays import Numbers
from .tree_ensemble import AT_MOST, LEAF, TreeEnsemble


@dataclass(frozen=True, slots=True)
class FeatureSplits:
    """All nodes that test one value of a row.

    Args:
        value: The value: a slot, or the index of a one-hot block, which determines all slots of the block.
        nodes: Nodes that test it, ascending.
        bounds: Ascending. The number of bounds below the value determines every outcome; NaN is above all bounds.
        thresholds: For each node, its threshold.
        limits: Distinct thresholds of the nodes that test no category, ascending.
        hot: For each node, the value of its slot if the index selects it; None if `value` is the slot itself.
        base: For each node, the value of its slot otherwise.
        slot: For each node, its slot in the one-hot block.
    """

    value: Scalar
    nodes: Numbers
    bounds: Numbers
    thresholds: Numbers
    limits: Numbers
    hot: Numbers | None = None
    base: Numbers | None = None
    slot: Numbers | None = None

    def list_representatives(self) -> list[float]:
        """Return one value for each number of bounds below it."""
        return [*self.bounds.tolist(), np.inf]

    def get_slot_values(self, value: float) -> Numbers:
        """Return the value of each node's slot for a value of the row."""
        if self.hot is None or self.base is None:
            return np.full(len(self.nodes), value)
        return np.where(self.slot == value, self.hot, self.base)


def group_splits(trees: TreeEnsemble, source: Vector) -> list[FeatureSplits]:
    """Return the splits of an ensemble by the value that they test, in the order of the vector's slots."""
    inner = np.flatnonzero(trees.node_type != LEAF)
    # NumPy sorts narrow integers much faster.
    narrow = trees.feature[inner].astype(np.min_scalar_type(source.size))
    inner = inner[np.argsort(narrow, kind="stable")]
    features, groups, start = trees.feature[inner], [], 0
    for block in source.blocks:
        first, last = np.searchsorted(features, [start, start + block.size])
        nodes = inner[first:last]
        if isinstance(block, OneHot) and len(nodes):
            groups.append(
                _group_one_hot_splits(trees, block, nodes, trees.feature[nodes].astype(np.intp) - start)
            )
        elif len(nodes):
            cuts = np.flatnonzero(np.diff(trees.feature[nodes])) + 1
            groups += [
                _group_slot_splits(trees, get_block_slot(block, int(trees.feature[same[0]]) - start), same)
                for same in np.split(nodes, cuts)
            ]
        start += block.size
    return groups


def _group_one_hot_splits(trees: TreeEnsemble, block: OneHot, nodes: Numbers, slot: Numbers) -> FeatureSplits:
    index, (thresholds, limits) = Scalar(block.index, "double"), _find_thresholds(trees, nodes)
    hot, base = block.hot[slot], block.base[slot]
    return FeatureSplits(index, nodes, _find_isolating_bounds(slot), thresholds, limits, hot, base, slot)


def _group_slot_splits(trees: TreeEnsemble, value: Scalar, nodes: Numbers) -> FeatureSplits:
    thresholds, limits = _find_thresholds(trees, nodes)
    categories = [*_iterate_categories(trees, nodes[trees.node_type[nodes] != AT_MOST])]
    if not categories:
        return FeatureSplits(value, nodes, limits, thresholds, limits)
    bounds = np.unique(np.concatenate([limits, _find_isolating_bounds(np.concatenate(categories))]))
    return FeatureSplits(value, nodes, bounds, thresholds, limits)


def _find_thresholds(trees: TreeEnsemble, nodes: Numbers) -> tuple[Numbers, Numbers]:
    thresholds = trees.threshold[nodes]
    return thresholds, np.unique(thresholds[trees.node_type[nodes] == AT_MOST])


def _iterate_categories(trees: TreeEnsemble, nodes: Numbers) -> Iterator[Numbers]:
    for node in nodes.tolist():
        yield trees.categories[trees.category_start[node] : trees.category_start[node + 1]]


def _find_isolating_bounds(values: Numbers) -> Numbers:
    """Return bounds that separate each value from all other doubles."""
    distinct = np.unique(values).astype(np.float64)
    return np.unique(np.concatenate([np.nextafter(distinct, -np.inf), distinct]))
