"""Subtrees of large trees that are interpreted at first and compiled when rows have reached them often.

Compiled conditional expressions are the fastest evaluation of a tree, but compiling all of a large tree takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar
from .split_condition import Feature, get_operand, resolve_split
from .tree_ensemble import LEAF, TreeEnsemble

# Nodes of an ensemble up to which the upper parts of trees are compiled at once; larger trees are only interpreted.
MAX_COMPILED_NODES = 200_000
# Sizes of a lazy subtree: smaller ones are part of the code above them, larger ones are split.
_MIN_NODES, _MAX_NODES = 15, 63
# Calls after which a subtree is compiled.
_COMPILE_AFTER = 64

LeafValue = float | tuple[float, ...]
# An interpreted node: position of the value, limit, and for true and for false a node number, node or leaf value.
Node = list[Any]
Subtree = Callable[[Sequence[float]], LeafValue]
SubtreeExpression = Callable[[TreeEnsemble, int, Mapping[int, Feature], CodeWriter], str]


class LazySubtrees:
    """Subtrees as functions of one sequence of values.

    Args:
        trees: The trees.
        features: Tested slots in the code of a row.
        code: The code of a row, which receives the functions and the sequence.
        expression: Writes a subtree as an expression.
    """

    def __init__(
        self,
        trees: TreeEnsemble,
        features: Mapping[int, Feature],
        code: CodeWriter,
        expression: SubtreeExpression,
    ) -> None:
        operands = [*dict.fromkeys(map(get_operand, features.values()))]
        position = {name: index for index, name in enumerate(operands)}
        self._trees, self._features, self._expression = trees, features, expression
        self._sizes = trees.count_subtree_nodes() if len(trees.node_type) <= MAX_COMPILED_NODES else None
        self._position = {slot: position[get_operand(feature)] for slot, feature in features.items()}
        # In compiled code, a feature is read from the argument `values`.
        self._compiled_features = {
            slot: _replace_operand(feature, f"values[{self._position[slot]}]")
            for slot, feature in features.items()
        }
        self._subtrees: list[Subtree] = []
        self._list_name = code.bind_constant(self._subtrees)
        self._values_name = code.assign(f"({''.join(f'{name}, ' for name in operands)})")

    def call(self, node: int) -> str | None:
        """Return the call of the subtree at a node; None if the node belongs to the code above."""
        if self._sizes and not _MIN_NODES < self._sizes[node] <= _MAX_NODES:
            return None
        index, root = len(self._subtrees), self._load(node)
        subtree = self._compile_when_hot(index, node, root) if self._sizes else partial(self._interpret, root)
        self._subtrees.append(subtree)
        return f"{self._list_name}[{index}]({self._values_name})"

    def _compile_when_hot(self, index: int, node: int, root: Node | LeafValue) -> Subtree:
        """Return an interpreted subtree that replaces itself by compiled code after some calls."""
        remaining = _COMPILE_AFTER

        def evaluate(values: Sequence[float]) -> LeafValue:
            nonlocal remaining
            remaining -= 1
            if remaining > 0:
                return self._interpret(root, values)
            self._subtrees[index] = compiled = self._compile(node)
            return compiled(values)

        return evaluate

    def _compile(self, node: int) -> Subtree:
        code = CodeWriter()
        code.add_line(f"return {self._expression(self._trees, node, self._compiled_features, code)}")
        return code.build_function("subtree", "values")

    def _interpret(self, node: Node | LeafValue, values: Sequence[float]) -> LeafValue:
        """Descend from a node; load nodes that no row reached before."""
        while isinstance(node, list):
            position, limit, _, _ = node
            is_true = values[position] <= limit if limit.__class__ is float else values[position] in limit
            side = 2 if is_true else 3
            child = node[side]
            if child.__class__ is int:
                child = node[side] = self._load(child)
            node = child
        return node

    def _load(self, number: int) -> Node | LeafValue:
        """Return a node whose children are node numbers, or the value of a leaf."""
        trees = self._trees
        while trees.node_type.item(number) != LEAF:
            slot = trees.feature.item(number)
            split = resolve_split(trees, number, self._features[slot])
            if not isinstance(split, int):
                return [self._position[slot], *split]
            number = split
        leaf: list[float] = trees.leaves[number].tolist()
        return leaf[0] if len(leaf) == 1 else tuple(leaf)


def _replace_operand(feature: Feature, name: str) -> Feature:
    if isinstance(feature, Scalar):
        return replace(feature, expr=name)
    return replace(feature[0], index=name), feature[1]
