"""A forest in the arrays of ONNX's TreeEnsemble: inner nodes and leaves numbered apart, sets of categories as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.trees.tree_ensemble import AMONG, LEAF, NOT_AMONG, Forest


@dataclass(frozen=True, slots=True)
class Sets:
    """Which categories go left, by slot: each set is a column of numbers that stands behind the features.

    ONNX has nodes that ask for a set; versions of ONNX Runtime get them wrong for fractions, or for some categories.

    Args:
        slots: Slots that hold categories, in order.
        tables: For each of them (categories + 1, sets): 0 of a category that goes left, else 1; last, of no category.
        low: Least category.
    """

    slots: Numbers
    tables: tuple[Numbers, ...]
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Woods:
    """All trees.

    Args:
        roots: Inner node of each tree; a tree of one leaf has one whose two sides are that leaf.
        features: Column that each inner node looks at; those of sets stand behind all others.
        splits: Threshold of each inner node.
        yes: Node, or leaf, for at most the threshold.
        yes_leaf: Whether that is a leaf.
        no: Node, or leaf, for no.
        no_leaf: Whether that is a leaf.
        leaves: (leaves, width) what each leaf adds.
        tree: Tree of each leaf.
        sets: Sets of categories.
    """

    roots: Numbers
    features: Numbers
    splits: Numbers
    yes: Numbers
    yes_leaf: Numbers
    no: Numbers
    no_leaf: Numbers
    leaves: Numbers
    tree: Numbers
    sets: Sets

    @property
    def trees(self) -> int:
        """Return how many trees there are."""
        return len(self.roots)

    @classmethod
    def of(cls, forest: Forest, size: int) -> Woods:
        """Return a forest's arrays.

        Args:
            forest: The trees.
            size: Slots of the features.
        """
        leaf = forest.kind == LEAF
        place = np.where(leaf, np.cumsum(leaf), np.cumsum(~leaf)) - 1
        bare = np.flatnonzero(leaf[forest.roots])  # trees of one leaf: a node before each
        nodes = np.concatenate([np.flatnonzero(~leaf), forest.roots[bare]])
        roots = place[forest.roots]
        roots[bare] = np.count_nonzero(~leaf) + np.arange(len(bare))
        asks, swap = forest.kind[nodes] >= AMONG, forest.kind[nodes] == NOT_AMONG
        yes = np.where(swap, forest.right[nodes], forest.left[nodes])
        no = np.where(swap, forest.left[nodes], forest.right[nodes])
        features = np.where(leaf[nodes], 0, forest.feature[nodes]).astype(np.int64)
        sets, features[asks] = _sets(forest, nodes[asks], size)
        return cls(
            roots=roots,
            features=features,
            splits=np.where(asks, 0.5, forest.threshold[nodes].astype(np.float64)),
            yes=place[yes],
            yes_leaf=leaf[yes].astype(np.int64),
            no=place[no],
            no_leaf=leaf[no].astype(np.int64),
            leaves=np.ascontiguousarray(forest.leaves[leaf], dtype=np.float64),
            tree=_trees(forest)[leaf],
            sets=sets,
        )


def _sets(forest: Forest, asking: Numbers, size: int) -> tuple[Sets, Numbers]:
    """Return the sets of some nodes, and the column of each node's; equal sets of a slot are one column."""
    categories = forest.categories.astype(np.int64)
    low = int(categories.min(initial=0))
    count = int(categories.max(initial=0)) - low + 1
    slots, own = np.unique(forest.feature[asking], return_inverse=True)
    known: list[dict[bytes, tuple[int, Numbers]]] = [{} for _ in slots]
    places = []
    for at, slot in zip(asking.tolist(), own.tolist(), strict=True):
        column = np.ones(count + 1)
        column[categories[forest.first[at] : forest.first[at + 1]] - low] = 0.0
        mine = known[slot]
        places.append((slot, mine.setdefault(column.tobytes(), (len(mine), column))[0]))
    ends = np.cumsum([0, *map(len, known)])
    tables = tuple(np.column_stack([column for _, column in each.values()]) for each in known)
    columns = np.array([size + ends[slot] + at for slot, at in places], dtype=np.int64)
    return Sets(slots.astype(np.int64), tables, low), columns


def _trees(forest: Forest) -> Numbers:
    """Return the tree of each node."""
    tree = np.zeros(len(forest.kind), dtype=np.int64)
    level, own = forest.roots, np.arange(len(forest.roots))
    while len(level):
        tree[level] = own
        inner = forest.kind[level] != LEAF
        level, own = level[inner], own[inner]
        level, own = np.concatenate([forest.left[level], forest.right[level]]), np.tile(own, 2)
    return tree
