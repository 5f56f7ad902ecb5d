"""Trees as code: the lower parts of large ones are gone down in a loop until they have been asked some times.

Code is the fastest way down a tree and takes long to compile, so that only what rows come to is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar, Vector
from .tree_ensemble import LEAF, Forest, Slot, choice, name_of, slots_of, test_of

_WHOLE = 4_000  # nodes of trees that are written whole: that takes less than 0.1 s
_LEAST, _MOST = 15, 63  # nodes of a part: fewer are written out above it, and of more the upper ones are
MOST_NODES = 200_000  # of a forest whose upper parts are code; beyond, a loop goes down all of a tree
_OFTEN = 64  # calls after which a part is written

Answer = float | tuple[float, ...]
# A number's place, its limit, and what is there for yes and for no: a node, an opened one, or an answer.
Opened = list[Any]
Part = Callable[[Sequence[float]], Answer]


def tree_code(forest: Forest, source: Vector, code: CodeWriter) -> list[str]:
    """Return one expression for each tree; features are bound to names before."""
    slots, roots = slots_of(forest, source, code), forest.roots.tolist()
    below = Parts(forest, slots, code).call if len(forest.kind) > _WHOLE else None
    return [choice(forest, root, slots, code, below) for root in roots]


class Parts:
    """The lower parts of a forest, as functions of one sequence of numbers.

    Args:
        forest: The trees.
        slots: What each slot is in the row's code.
        code: The row's code, which is given the functions and the sequence.
    """

    def __init__(self, forest: Forest, slots: Mapping[int, Slot], code: CodeWriter) -> None:
        names = [*dict.fromkeys(map(name_of, slots.values()))]
        place = {name: at for at, name in enumerate(names)}
        self._forest, self._source = forest, slots
        self._sizes = forest.sizes() if len(forest.kind) <= MOST_NODES else None
        self._at = {slot: place[name_of(found)] for slot, found in slots.items()}
        self._slots = {slot: _renamed(found, f"values[{self._at[slot]}]") for slot, found in slots.items()}
        self._calls: list[Part] = []
        self._called = code.constant(self._calls)
        self._values = code.local(f"({''.join(f'{name}, ' for name in names)})")

    def call(self, node: int) -> str | None:
        """Return the call of the part that begins at a node; None where the node is to be written out."""
        if self._sizes and not _LEAST < self._sizes[node] <= _MOST:
            return None
        at, opened = len(self._calls), self._open(node)
        self._calls.append(self._first(at, node, opened) if self._sizes else partial(self._walk, opened))
        return f"{self._called}[{at}]({self._values})"

    def _first(self, at: int, node: int, opened: Opened | Answer) -> Part:
        """Return a part that puts written code in its place when it has been asked often."""
        left = _OFTEN

        def answer(values: Sequence[float]) -> Answer:
            nonlocal left
            left -= 1
            if left > 0:
                return self._walk(opened, values)
            self._calls[at] = written = self._written(node)
            return written(values)

        return answer

    def _written(self, node: int) -> Part:
        part = CodeWriter()
        part.line(f"return {choice(self._forest, node, self._slots, part)}")
        return part.build_function("part", "values")

    def _walk(self, opened: Opened | Answer, values: Sequence[float]) -> Answer:
        """Go down from a node, and open what no row came to before."""
        while isinstance(opened, list):
            at, limit, _, _ = opened
            yes = values[at] <= limit if limit.__class__ is float else values[at] in limit
            side = 2 if yes else 3
            below = opened[side]
            if below.__class__ is int:
                below = opened[side] = self._open(below)
            opened = below
        return opened

    def _open(self, node: int) -> Opened | Answer:
        """Return a node with its two sides as nodes to be opened; of a leaf, its answer."""
        forest = self._forest
        while forest.kind.item(node) != LEAF:
            slot = forest.feature.item(node)
            test = test_of(forest, node, self._source[slot])
            if not isinstance(test, int):
                return [self._at[slot], *test]
            node = test
        leaf: list[float] = forest.leaves[node].tolist()
        return leaf[0] if len(leaf) == 1 else tuple(leaf)


def _renamed(slot: Slot, name: str) -> Slot:
    return replace(slot, expr=name) if isinstance(slot, Scalar) else (replace(slot[0], index=name), slot[1])
