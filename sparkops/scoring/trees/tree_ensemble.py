"""Trees as arrays: as nested choices in code for a row, walked level by level for many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter, float_literal
from ..codegen.symbols import OneHot, Scalar, Vector, block_slot
from ..ir.arrays import Numbers
from ..ir.description import Step

LEAF, AT_MOST, AMONG, NOT_AMONG = 0, 1, 2, 3
# Name of an array in a model's file to field: a field may get another name, the array may not.
_ARRAYS = {
    "roots": "roots",
    "kind": "kind",
    "feature": "feature",
    "threshold": "threshold",
    "left": "left",
    "right": "right",
    "first": "first",
    "categories": "categories",
    "leaves": "leaves",
}
_DEEPEST = 60
_MOST_CATEGORIES = 2**31


@dataclass(frozen=True, slots=True)
class Forest:
    """All nodes of all trees.

    Whole numbers have as few bits as a file gives them: who reckons with them widens them before.

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
        forest = cls(**{field: step.arrays[name] for name, field in _ARRAYS.items()})
        count, own = len(forest.kind), np.arange(len(forest.kind))
        inner = forest.kind != LEAF
        sides = (forest.left, forest.right)
        good = (
            len(forest.roots) > 0
            and all(len(a) == count for a in (forest.feature, forest.threshold, *sides, forest.leaves))
            and len(forest.first) == count + 1
            and forest.leaves.ndim == 2  # noqa: PLR2004
            and bool(((forest.kind >= LEAF) & (forest.kind <= NOT_AMONG)).all())
            and all(bool((side[~inner] == own[~inner]).all()) for side in sides)
            and all(bool((side[inner] > own[inner]).all() and (side < count).all()) for side in sides)
            and bool(((forest.feature >= 0) & (forest.feature < step.params["features"])).all())
            and bool(((forest.roots >= 0) & (forest.roots < count)).all())
            and _one_parent_each(forest, inner)
            and bool((forest.first[1:] >= forest.first[:-1]).all() and forest.first[0] == 0)
            and forest.first[-1] == len(forest.categories)
            and bool((np.isfinite(forest.categories) & (np.abs(forest.categories) < _MOST_CATEGORIES)).all())
        )
        if not good:
            raise ModelError(f"{step.stage}: the trees of this description are damaged.")
        return forest

    def chosen(self, node: int) -> frozenset[float]:
        """Return the categories of a node."""
        return frozenset(self.categories[self.first[node] : self.first[node + 1]].tolist())

    def used(self) -> Numbers:
        """Return the slots that the trees look at, in order."""
        seen = np.zeros(int(self.feature.max()) + 1, dtype=np.bool_)
        seen[self.feature[self.kind != LEAF]] = True
        return np.flatnonzero(seen)

    def sizes(self) -> list[int]:
        """Return the nodes of the part of a tree that begins at each node, itself among them."""
        sizes, left, right = [1] * len(self.kind), self.left.tolist(), self.right.tolist()
        for node in reversed(np.flatnonzero(self.kind != LEAF).tolist()):  # a child comes after its parent
            sizes[node] += sizes[left[node]] + sizes[right[node]]
        return sizes


def _one_parent_each(forest: Forest, inner: Numbers) -> bool:
    """Tell whether no node is reached on two ways, which would make a small file a huge tree."""
    reached = np.concatenate([forest.roots, forest.left[inner], forest.right[inner]])
    return bool((np.bincount(reached) <= 1).all())


Slot = Scalar | tuple[OneHot, int]
Limit = float | frozenset[float]


def slots_of(forest: Forest, source: Vector, code: CodeWriter) -> dict[int, Slot]:
    """Return what each slot of a vector that the trees look at is, bound to a name; their thresholds are told."""
    used = set(forest.used().tolist())
    slots: dict[int, Slot] = {}
    at = 0
    for block in source.blocks:
        for inner in range(block.size):
            if at + inner in used:
                slots[at + inner] = (
                    (block, inner) if isinstance(block, OneHot) else code.atom(block_slot(block, inner))
                )
        at += block.size
    for place, scalar in slots.items():
        if isinstance(scalar, Scalar):
            split = (forest.kind == AT_MOST) & (forest.feature == place)
            code.add_boundaries(scalar, forest.threshold[split].tolist())
    return slots


def choice(
    forest: Forest,
    node: int,
    slots: Mapping[int, Slot],
    code: CodeWriter,
    below: Callable[[int], str | None] | None = None,
    depth: int = 0,
) -> str:
    """Return the part of a tree that begins at a node as one expression of nested choices.

    Args:
        forest: The trees.
        node: First node of the part.
        slots: What each slot is in the code.
        code: Where sets of categories are bound.
        below: Returns what stands instead of a node and all below it, if anything does.
        depth: Levels above.

    Raises:
        ModelError: The part is too deep for Python to read it.
    """
    if below and (instead := below(node)):
        return instead
    if forest.kind.item(node) == LEAF:
        leaf = forest.leaves[node].tolist()
        return float_literal(leaf[0]) if len(leaf) == 1 else f"({', '.join(map(float_literal, leaf))})"
    if depth > _DEEPEST:
        raise ModelError(f"A tree is deeper than {_DEEPEST} levels.")
    slot = slots[forest.feature.item(node)]
    test = test_of(forest, node, slot)
    if isinstance(test, int):
        return choice(forest, test, slots, code, below, depth + 1)
    yes, no = (choice(forest, side, slots, code, below, depth + 1) for side in test[1:])
    return f"({yes} if {name_of(slot)} {_compared(test[0], code)} else {no})"


def name_of(slot: Slot) -> str:
    """Return the name of the number that tells a slot: its own, or the index of its one-hot part."""
    return slot.expr if isinstance(slot, Scalar) else slot[0].index


def test_of(forest: Forest, node: int, slot: Slot) -> tuple[Limit, int, int] | int:
    """Return what a node asks of a slot's number, and the nodes for yes and for no; or the one node that all lead to.

    It asks whether the number is at most a threshold, or one of some others.
    """
    left, right = int(forest.left.item(node)), int(forest.right.item(node))
    if not isinstance(slot, Scalar):
        block, at = slot
        hot, base = (_goes_left(forest, node, float(side[at])) for side in (block.hot, block.base))
        if hot == base:
            return left if hot else right
        return (frozenset((at,)), left, right) if hot else (frozenset((at,)), right, left)
    kind = forest.kind.item(node)
    if kind == AT_MOST:
        return float(forest.threshold.item(node)), left, right
    yes, no = (left, right) if kind == AMONG else (right, left)
    chosen = forest.chosen(node)
    return (chosen, yes, no) if chosen else no


def _compared(limit: Limit, code: CodeWriter) -> str:
    if isinstance(limit, float):
        return f"<= {float_literal(limit)}"
    return f"== {next(iter(limit))!r}" if len(limit) == 1 else f"in {code.constant(limit)}"


def _goes_left(forest: Forest, node: int, value: float) -> bool:
    kind = forest.kind.item(node)
    if kind == AT_MOST:
        return bool(value <= forest.threshold.item(node))
    return (value in forest.chosen(node)) == bool(kind == AMONG)
