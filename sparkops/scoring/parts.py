"""Trees as code: the lower parts of large ones are gone down in a loop until they have been asked a few times.

Code is the fastest way down a tree and takes long to compile, so that only what rows come to is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from .code import Code
from .forest import LEAF, Forest, Slot, choice, goes_left, slots_of
from .symbols import OneHot, Scalar, Vector

_WHOLE = 4_000  # nodes of trees that are written whole: that takes less than 0.1 s

_LEAST, _MOST = 15, 63  # nodes of a part: fewer are written out above it, and of more the upper ones are
MOST_NODES = (
    200_000  # of a forest whose trees are written above their parts; beyond, a loop goes down all of them
)
_OFTEN = 8  # calls after which a part is written

Answer = float | tuple[float, ...]


def tree_code(forest: Forest, source: Vector, code: Code) -> list[str]:
    """Return one expression for each tree; features are bound to names before."""
    slots, roots = slots_of(forest, source, code), forest.roots.tolist()
    if len(forest.kind) <= _WHOLE:
        return [choice(forest, root, slots) for root in roots]
    below = Parts(forest, slots, code).call
    return [choice(forest, root, slots, below) for root in roots]


class Parts:
    """The lower parts of a forest, as functions of one sequence of values.

    Args:
        forest: The trees.
        slots: What each slot is in the row's code.
        code: The row's code, which is given the functions and the sequence.
    """

    def __init__(self, forest: Forest, slots: dict[int, Slot], code: Code) -> None:
        names = dict.fromkeys(_name(slot) for slot in slots.values())
        place = {name: f"values[{at}]" for at, name in enumerate(names)}
        self._forest, self._sizes = forest, forest.sizes()
        self._slots = {at: _renamed(slot, place[_name(slot)]) for at, slot in slots.items()}
        self._at = {at: list(names).index(_name(slot)) for at, slot in slots.items()}
        self._calls: list[Callable[[Sequence[float]], Answer]] = []
        self._called = code.constant(self._calls)
        self._values = code.local(f"({''.join(f'{name}, ' for name in names)})")
        self._most = _MOST if len(forest.kind) <= MOST_NODES else len(forest.kind)

    def call(self, node: int) -> str | None:
        """Return the call of the part that begins at a node; None where the node is to be written out."""
        if not _LEAST < self._sizes[node] <= self._most:
            return None
        at = len(self._calls)
        self._calls.append(self._first(at, node) if self._sizes[node] <= _MOST else partial(self._walk, node))
        return f"{self._called}[{at}]({self._values})"

    def _first(self, at: int, node: int) -> Callable[[Sequence[float]], Answer]:
        """Return a part that puts written code in its place when it has been asked often."""
        left = _OFTEN

        def answer(values: Sequence[float]) -> Answer:
            nonlocal left
            left -= 1
            if left > 0:
                return self._walk(node, values)
            self._calls[at] = written = self._written(node)
            return written(values)

        return answer

    def _written(self, node: int) -> Callable[[Sequence[float]], Answer]:
        part = Code()
        part.line(f"return {choice(self._forest, node, self._slots)}")
        return part.function("part", "values")

    def _walk(self, node: int, values: Sequence[float]) -> Answer:
        forest = self._forest
        while forest.kind.item(node) != LEAF:
            feature = forest.feature.item(node)
            slot, value = self._slots[feature], values[self._at[feature]]
            if not isinstance(slot, Scalar):
                block, at = slot
                value = (block.hot if value == at else block.base).item(at)
            node = (forest.left if goes_left(forest, node, value) else forest.right).item(node)
        leaf = forest.leaves[node].tolist()
        return leaf[0] if len(leaf) == 1 else tuple(leaf)


def _name(slot: Slot) -> str:
    return slot.expr if isinstance(slot, Scalar) else slot[0].index


def _renamed(slot: Slot, name: str) -> Slot:
    if isinstance(slot, Scalar):
        return replace(slot, expr=name)
    block, at = slot
    return OneHot(name, block.hot, block.base, block.field), at
