"""The arrays of a tree ensemble, validated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..ir.arrays import Numbers
from ..ir.description import Step

LEAF, AT_MOST, AMONG, NOT_AMONG = 0, 1, 2, 3
# Name of each array in a model's file, to field. Fields may be renamed, the names in files may not.
_ARRAYS = {
    "roots": "roots",
    "kind": "node_type",
    "feature": "feature",
    "threshold": "threshold",
    "left": "left",
    "right": "right",
    "first": "category_start",
    "categories": "categories",
    "leaves": "leaves",
}
_MAX_CATEGORY = 2**31


@dataclass(frozen=True, slots=True)
class TreeEnsemble:
    """All nodes of all trees.

    Integer arrays have the narrow type of the file; widen them before arithmetic.

    Args:
        roots: First node of each tree.
        node_type: LEAF, or the condition for the left child: value AT_MOST a threshold, AMONG or NOT_AMONG categories.
        feature: Vector slot that a node tests.
        threshold: Threshold of a node.
        left: Child if the condition is true; a leaf points to itself.
        right: Child if the condition is false; a leaf points to itself.
        category_start: (nodes + 1,) start of each node's categories in `categories`.
        categories: Categories of all nodes.
        leaves: (nodes, width) value that a leaf adds to the sum.
    """

    roots: Numbers
    node_type: Numbers
    feature: Numbers
    threshold: Numbers
    left: Numbers
    right: Numbers
    category_start: Numbers
    categories: Numbers
    leaves: Numbers

    @classmethod
    def from_step(cls, step: Step) -> TreeEnsemble:
        """Return the trees of a step.

        Raises:
            ModelError: The arrays are inconsistent, or a child does not come after its parent.
        """
        trees = cls(**{field: step.arrays[name] for name, field in _ARRAYS.items()})
        count, positions = len(trees.node_type), np.arange(len(trees.node_type))
        inner = trees.node_type != LEAF
        sides = (trees.left, trees.right)
        valid = (
            len(trees.roots) > 0
            and all(len(array) == count for array in (trees.feature, trees.threshold, *sides, trees.leaves))
            and len(trees.category_start) == count + 1
            and trees.leaves.ndim == 2  # noqa: PLR2004
            and bool(((trees.node_type >= LEAF) & (trees.node_type <= NOT_AMONG)).all())
            and all(bool((side[~inner] == positions[~inner]).all()) for side in sides)
            and all(bool((side[inner] > positions[inner]).all() and (side < count).all()) for side in sides)
            and bool(((trees.feature >= 0) & (trees.feature < step.params["features"])).all())
            and bool(((trees.roots >= 0) & (trees.roots < count)).all())
            and _has_single_parents(trees, inner)
            and bool(
                (trees.category_start[1:] >= trees.category_start[:-1]).all() and trees.category_start[0] == 0
            )
            and trees.category_start[-1] == len(trees.categories)
            and bool((np.isfinite(trees.categories) & (np.abs(trees.categories) < _MAX_CATEGORY)).all())
        )
        if not valid:
            raise ModelError(f"{step.stage}: the trees of this description are damaged.")
        return trees

    @property
    def has_categories(self) -> bool:
        """Return whether a node tests categories."""
        return bool((self.node_type > AT_MOST).any())

    def get_categories(self, node: int) -> frozenset[float]:
        """Return the categories of a node."""
        return frozenset(self.categories[self.category_start[node] : self.category_start[node + 1]].tolist())

    def find_used_features(self) -> Numbers:
        """Return the slots that the trees test, in ascending order."""
        used = np.zeros(int(self.feature.max()) + 1, dtype=np.bool_)
        used[self.feature[self.node_type != LEAF]] = True
        return np.flatnonzero(used)

    def count_subtree_nodes(self) -> list[int]:
        """Return the number of nodes of the subtree at each node, including itself."""
        sizes, left, right = [1] * len(self.node_type), self.left.tolist(), self.right.tolist()
        # Children come after their parents.
        for node in reversed(np.flatnonzero(self.node_type != LEAF).tolist()):
            sizes[node] += sizes[left[node]] + sizes[right[node]]
        return sizes


def _has_single_parents(trees: TreeEnsemble, inner: Numbers) -> bool:
    """Return whether no node has two parents, which would expand a small file to a huge tree."""
    children = np.concatenate([trees.roots, trees.left[inner], trees.right[inner]])
    return bool((np.bincount(children) <= 1).all())
