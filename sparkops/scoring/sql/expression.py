"""Typed expressions of SQL: trees that are serialized as a list of nodes, the root last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError
from ..ir.field import is_field_type
from .types import is_supported

# Far below what Python's compiler accepts as one expression, and far above what people write.
MAX_DEPTH, MAX_SIZE = 30, 4000
LEAVES = ("column", "literal")


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of an expression tree.

    Args:
        op: Name of the operation, "column", "literal", or "variable" within a call such as `transform`.
        type: Spark's type of its value.
        args: Its operands.
        value: Name of a column, encoded value of a literal, or what else the operation needs: a LIKE pattern, decimal
            places, a separator.
        depth: Length of the longest path to a leaf, this node counted.
        size: Number of nodes, a node that is shared counted each time.
    """

    op: str
    type: str
    args: tuple[Expression, ...] = ()
    value: Any = None
    depth: int = 1
    size: int = 1


def make_expression(op: str, type_: str, args: Sequence[Expression] = (), value: Any = None) -> Expression:
    """Return a node over its operands, with its depth and size."""
    depth = 1 + max((arg.depth for arg in args), default=0)
    return Expression(op, type_, tuple(args), value, depth, 1 + sum(arg.size for arg in args))


def expression_from_json(items: Any, stage: str) -> Expression:
    """Return the tree of a serialized list of nodes; a node refers to earlier ones by their position.

    Args:
        items: What `expression_to_json` returned, read from a file.
        stage: The Spark stage, for messages.

    Raises:
        ModelError: The list is damaged, or the tree is larger than this version writes.
    """
    if not isinstance(items, list) or not items or len(items) > MAX_SIZE:
        raise ModelError(f"{stage}: its expression is damaged.")
    nodes: list[Expression] = []
    for item in items:
        node = _node_from_json(item, nodes, stage)
        if node.depth > MAX_DEPTH or node.size > MAX_SIZE:
            raise ModelError(f"{stage}: its expression is too large.")
        nodes.append(node)
    return nodes[-1]


def _node_from_json(item: Any, nodes: Sequence[Expression], stage: str) -> Expression:
    valid = (
        isinstance(item, Mapping) and isinstance(item.get("op"), str) and isinstance(item.get("type"), str)
    )
    valid = valid and (item["op"] != "column" or isinstance(item.get("value"), str))
    positions = item.get("args", []) if valid else None
    if not isinstance(positions, list) or not all(
        type(position) is int and 0 <= position < len(nodes) for position in positions
    ):
        raise ModelError(f"{stage}: its expression is damaged.")
    op, type_ = item["op"], item["type"]
    if not is_supported(type_) and not (op == "column" and is_field_type(type_)):
        raise ModelError(f"{stage}: its expression has a value of type {type_}.")
    return make_expression(op, type_, [nodes[position] for position in positions], item.get("value"))


def expression_to_json(root: Expression) -> list[dict[str, Any]]:
    """Return a tree as a list of JSON values; equal subtrees are written once."""
    positions: dict[Expression, int] = {}
    items: list[dict[str, Any]] = []

    def position(node: Expression) -> int:
        if node not in positions:
            args = [position(arg) for arg in node.args]
            item: dict[str, Any] = {"op": node.op, "type": node.type}
            if args:
                item["args"] = args
            if node.value is not None:
                item["value"] = list(node.value) if isinstance(node.value, tuple) else node.value
            items.append(item)
            positions[node] = len(items) - 1
        return positions[node]

    position(root)
    return items


def find_referenced_columns(root: Expression) -> dict[str, str]:
    """Return the columns that a tree reads, in order: name to type."""
    if root.op == "column":
        return {root.value: root.type}
    return {name: type_ for arg in root.args for name, type_ in find_referenced_columns(arg).items()}
