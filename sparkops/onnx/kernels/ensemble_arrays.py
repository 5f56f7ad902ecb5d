"""A tree ensemble in the arrays of ONNX's TreeEnsemble: inner nodes and leaves apart, category sets as features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step
from sparkops.scoring.trees.tree_ensemble import AMONG, LEAF, NOT_AMONG, TreeEnsemble


@dataclass(frozen=True, slots=True)
class CategorySets:
    """The sets of categories that nodes test, each as a further feature: 0 for a category in the set, else 1.

    TreeEnsemble has nodes that test a set, but versions of ONNX Runtime evaluate them wrongly for fractions or for some
    categories.

    Args:
        slots: Slots that hold categories, in order.
        tables: For each slot (categories + 1, sets); the last row is for values outside the categories.
        low: Least category.
    """

    slots: Numbers
    tables: tuple[Numbers, ...]
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleArrays:
    """All trees.

    Args:
        roots: Root of each tree, an inner node; both children of the root of a tree of one leaf are that leaf.
        features: Column that each inner node tests; the columns of category sets follow those of the features.
        splits: Threshold of each inner node.
        true_child: Child for a value of at most the threshold: number of an inner node or of a leaf.
        true_is_leaf: Whether that child is a leaf.
        false_child: Child for other values.
        false_is_leaf: Whether that child is a leaf.
        leaves: (leaves, width) values that a leaf adds to the sum.
        tree: Tree of each leaf.
        sets: Sets of categories.
    """

    roots: Numbers
    features: Numbers
    splits: Numbers
    true_child: Numbers
    true_is_leaf: Numbers
    false_child: Numbers
    false_is_leaf: Numbers
    leaves: Numbers
    tree: Numbers
    sets: CategorySets

    @property
    def trees(self) -> int:
        """Return the number of trees."""
        return len(self.roots)


def read_ensemble(step: Step) -> EnsembleArrays:
    """Return the arrays of a step's trees."""
    forest = TreeEnsemble.from_step(step)
    is_leaf = forest.node_type == LEAF
    number = np.where(is_leaf, np.cumsum(is_leaf), np.cumsum(~is_leaf)) - 1
    # A tree of one leaf gets an inner node.
    single_leaf_trees = np.flatnonzero(is_leaf[forest.roots])
    nodes = np.concatenate([np.flatnonzero(~is_leaf), forest.roots[single_leaf_trees]])
    roots = number[forest.roots]
    roots[single_leaf_trees] = np.count_nonzero(~is_leaf) + np.arange(len(single_leaf_trees))
    tests_set, swapped = forest.node_type[nodes] >= AMONG, forest.node_type[nodes] == NOT_AMONG
    true_child = np.where(swapped, forest.right[nodes], forest.left[nodes])
    false_child = np.where(swapped, forest.left[nodes], forest.right[nodes])
    features = np.where(is_leaf[nodes], 0, forest.feature[nodes]).astype(np.int64)
    sets, features[tests_set] = _group_category_sets(forest, nodes[tests_set], int(step.params["features"]))
    return EnsembleArrays(
        roots=roots,
        features=features,
        splits=np.where(tests_set, 0.5, forest.threshold[nodes].astype(np.float64)),
        true_child=number[true_child],
        true_is_leaf=is_leaf[true_child].astype(np.int64),
        false_child=number[false_child],
        false_is_leaf=is_leaf[false_child].astype(np.int64),
        leaves=np.ascontiguousarray(forest.leaves[is_leaf], dtype=np.float64),
        tree=_find_tree_of_nodes(forest)[is_leaf],
        sets=sets,
    )


def _group_category_sets(forest: TreeEnsemble, nodes: Numbers, size: int) -> tuple[CategorySets, Numbers]:
    """Return the sets that some nodes test, and the feature of each node; equal sets of a slot are one feature.

    Args:
        forest: The trees.
        nodes: Nodes that test a set.
        size: Slots of the features: the first further feature.
    """
    categories = forest.categories.astype(np.int64)
    low = int(categories.min(initial=0))
    count = int(categories.max(initial=0)) - low + 1
    slots, slot_index = np.unique(forest.feature[nodes], return_inverse=True)
    columns: list[dict[bytes, tuple[int, Numbers]]] = [{} for _ in slots]
    positions = []
    for node, slot in zip(nodes.tolist(), slot_index.tolist(), strict=True):
        column = np.ones(count + 1)
        column[categories[forest.category_start[node] : forest.category_start[node + 1]] - low] = 0.0
        sets_of_slot = columns[slot]
        positions.append((slot, sets_of_slot.setdefault(column.tobytes(), (len(sets_of_slot), column))[0]))
    starts = np.cumsum([0, *map(len, columns)])
    tables = tuple(
        np.column_stack([column for _, column in sets_of_slot.values()]) for sets_of_slot in columns
    )
    features = np.array([size + starts[slot] + index for slot, index in positions], dtype=np.int64)
    return CategorySets(slots.astype(np.int64), tables, low), features


def _find_tree_of_nodes(forest: TreeEnsemble) -> Numbers:
    """Return the tree of each node."""
    tree = np.zeros(len(forest.node_type), dtype=np.int64)
    nodes, trees = forest.roots, np.arange(len(forest.roots))
    while len(nodes):
        tree[nodes] = trees
        inner = forest.node_type[nodes] != LEAF
        nodes, trees = nodes[inner], trees[inner]
        nodes, trees = np.concatenate([forest.left[nodes], forest.right[nodes]]), np.tile(trees, 2)
    return tree
