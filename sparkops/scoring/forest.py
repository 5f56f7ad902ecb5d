"""Trees as arrays: as nested choices in code for a row, walked level by level for many rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..errors import ModelError
from .code import Code, number
from .description import Step
from .frame import Numbers, Vectors
from .symbols import OneHot, Scalar, Vector, spread

LEAF, AT_MOST, AMONG, NOT_AMONG = 0, 1, 2, 3
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Forest:
    """All nodes of all trees.

    Args:
        roots: First node of each tree.
        kind: LEAF; AT_MOST a threshold goes left; AMONG, or NOT_AMONG, some categories goes left.
        feature: Slot that a node looks at.
        threshold: Threshold of a node.
        left: Node for yes; a node itself for a leaf.
        right: Node for no.
        first: Start of a node's categories, in `categories`; one longer than the nodes.
        categories: Categories of all nodes.
        leaves: (nodes, width) what a leaf adds.
    """

    roots: Numbers
    kind: Numbers
    feature: Numbers
    threshold: Numbers
    left: Numbers
    right: Numbers
    first: Numbers
    categories: Numbers
    leaves: Numbers

    @classmethod
    def of(cls, step: Step) -> Forest:
        """Return the forest of a step.

        Raises:
            ModelError: Arrays do not fit each other, or a child does not come after its parent.
        """
        forest = cls(**{name: step.arrays[name] for name in cls.__slots__})
        count, own = len(forest.kind), np.arange(len(forest.kind))
        inner = forest.kind != LEAF
        sides = (forest.left, forest.right)
        good = (
            all(len(a) == count for a in (forest.feature, forest.threshold, *sides, forest.leaves))
            and len(forest.first) == count + 1
            and forest.leaves.ndim == 2  # noqa: PLR2004
            and bool(((forest.kind >= LEAF) & (forest.kind <= NOT_AMONG)).all())
            and all(bool((side[~inner] == own[~inner]).all()) for side in sides)
            and all(bool((side[inner] > own[inner]).all() and (side < count).all()) for side in sides)
            and bool(((forest.feature >= 0) & (forest.feature < step.params["features"])).all())
            and bool(((forest.roots >= 0) & (forest.roots < count)).all())
        )
        if not good:
            raise ModelError(f"{step.stage}: the trees of this description are damaged.")
        return forest

    def chosen(self, node: int) -> frozenset[float]:
        """Return the categories of a node."""
        return frozenset(self.categories[self.first[node] : self.first[node + 1]].tolist())

    def sums(self, source: Vectors, rows: int) -> Numbers:
        """Return, for every row, the sum of the leaves it reaches."""
        used = np.unique(self.feature[self.kind != LEAF])
        place = np.zeros(int(used.max(initial=0)) + 1, dtype=np.int64)
        place[used] = np.arange(len(used))
        table = [np.asarray(source.slot(int(slot)), dtype=np.float64) for slot in used]
        values = np.concatenate([*table, np.zeros(0)])
        offset = np.where(self.kind == LEAF, 0, place[np.minimum(self.feature, len(place) - 1)]) * rows
        own = np.arange(rows)
        total = np.zeros((rows, self.leaves.shape[1]))
        for root in self.roots.tolist():
            node = np.full(rows, root)
            while len(values) and (self.kind[node] != LEAF).any():
                node = self._down(node, values[offset[node] + own])
            total += self.leaves[node]
        return total

    def _down(self, node: Numbers, value: Numbers) -> Numbers:
        yes = value <= self.threshold[node]
        for at in np.unique(node[self.kind[node] >= AMONG]).tolist():
            here = node == at
            among = np.isin(value[here], self.categories[self.first[at] : self.first[at + 1]])
            yes[here] = among if self.kind[at] == AMONG else ~among
        return np.where(yes, self.left[node], self.right[node])


def tree_code(forest: Forest, source: Vector, code: Code) -> list[str]:
    """Return one expression for each tree; features are bound to names before."""
    slots = _slots(forest, source, code)
    return [_node(forest, root, slots, 0) for root in forest.roots.tolist()]


def walker(forest: Forest, source: Vector, code: Code) -> list[str]:
    """Return one expression for each tree, which walks the arrays: for forests too large to be code."""
    parts = [code.slot(part) for block in source.blocks for part in spread(block)]
    row = code.local(f"({', '.join(part.expr for part in parts if isinstance(part, Scalar))},)")
    lists = tuple(
        getattr(forest, name).tolist() for name in ("kind", "feature", "threshold", "left", "right")
    )
    leaves = _leaves(forest)
    walk = code.constant(partial(_walk, forest.chosen, leaves, *lists))
    return [code.local(f"{walk}({row}, {root})") for root in forest.roots.tolist()]


def _walk(chosen: Callable[[int], frozenset[float]], leaves: list[Any], *state: Any) -> Any:
    kind, feature, threshold, left, right, row, node = state
    while kind[node]:
        value = row[feature[node]]
        if kind[node] == AT_MOST:
            yes = value <= threshold[node]
        else:
            yes = (value in chosen(node)) == (kind[node] == AMONG)
        node = left[node] if yes else right[node]
    return leaves[node]


def _leaves(forest: Forest) -> list[Any]:
    if forest.leaves.shape[1] == 1:
        return list(forest.leaves[:, 0].tolist())
    return [tuple(leaf) for leaf in forest.leaves.tolist()]


Slot = Scalar | tuple[OneHot, int]


def _slots(forest: Forest, source: Vector, code: Code) -> dict[int, Slot]:
    """Return what each used slot of the vector is."""
    used = set(np.unique(forest.feature[forest.kind != LEAF]).tolist())
    slots: dict[int, Slot] = {}
    at = 0
    for block in source.blocks:
        for inner in range(block.size):
            if at + inner in used:
                slots[at + inner] = (block, inner) if isinstance(block, OneHot) else code.atom(block)
        at += block.size
    for slot, scalar in slots.items():
        if isinstance(scalar, Scalar):
            split = (forest.kind == AT_MOST) & (forest.feature == slot)
            code.boundary(scalar, forest.threshold[split].tolist())
    return slots


def _node(forest: Forest, node: int, slots: dict[int, Slot], depth: int) -> str:
    if forest.kind[node] == LEAF:
        leaf = forest.leaves[node].tolist()
        return number(leaf[0]) if len(leaf) == 1 else f"({', '.join(map(number, leaf))})"
    if depth > _DEEPEST:
        raise ModelError(f"A tree is deeper than {_DEEPEST} levels.")
    slot = slots[int(forest.feature[node])]
    sides = int(forest.left[node]), int(forest.right[node])
    if isinstance(slot, Scalar):
        test: str | bool = _test(forest, node, slot.expr)
    else:
        test = _hot_test(forest, node, *slot)
    if isinstance(test, bool):
        return _node(forest, sides[0] if test else sides[1], slots, depth + 1)
    yes, no = (_node(forest, side, slots, depth + 1) for side in sides)
    return f"({yes} if {test} else {no})"


def _test(forest: Forest, node: int, value: str) -> str:
    if forest.kind[node] == AT_MOST:
        return f"{value} <= {number(forest.threshold[node])}"
    chosen = ", ".join(map(number, sorted(forest.chosen(node))))
    word = "in" if forest.kind[node] == AMONG else "not in"
    return f"{value} {word} {{{chosen}}}" if chosen else str(word == "not in")


def _hot_test(forest: Forest, node: int, block: OneHot, at: int) -> str | bool:
    """Return the test of one slot of a one-hot part, which can only hold two numbers."""
    hot, base = (_yes(forest, node, float(side[at])) for side in (block.hot, block.base))
    if hot == base:
        return hot
    return f"{block.index} == {at}" if hot else f"{block.index} != {at}"


def _yes(forest: Forest, node: int, value: float) -> bool:
    if forest.kind[node] == AT_MOST:
        return bool(value <= forest.threshold[node])
    return (value in forest.chosen(node)) == bool(forest.kind[node] == AMONG)
