"""A typed expression, read from the plain values of a description and checked: a list of nodes, the last one on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError
from ..ir.field import TYPES
from .types import known

# What Python's compiler takes without a complaint, with room to spare; SQL that people write stays far below.
DEEPEST, LARGEST = 30, 4000
LEAVES = ("column", "literal")


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of an expression.

    Args:
        op: Key of the operations, "column" or "literal".
        type: Spark's type of its value.
        args: What it works on.
        value: A column's name, a literal as text, or what else the operation needs: a pattern, places, a separator.
        depth: Operations below it, one above the other.
        size: Operations below it, in all.
    """

    op: str
    type: str
    args: tuple[Node, ...] = ()
    value: Any = None
    depth: int = 1
    size: int = 1


def top(op: str, kind: str, args: Sequence[Node] = (), value: Any = None) -> Node:
    """Return a node above others."""
    depth = 1 + max((arg.depth for arg in args), default=0)
    return Node(op, kind, tuple(args), value, depth, 1 + sum(arg.size for arg in args))


def read(plain: Any, stage: str) -> Node:
    """Return the tree that a list of plain nodes holds; each names the ones before it by their place.

    Raises:
        ModelError: The list is damaged, or the tree larger than any that this version writes.
    """
    if not isinstance(plain, list) or not plain or len(plain) > LARGEST:
        raise ModelError(f"{stage}: its expression is damaged.")
    nodes: list[Node] = []
    for item in plain:
        node = _read(item, nodes, stage)
        if node.depth > DEEPEST or node.size > LARGEST:
            raise ModelError(f"{stage}: its expression is too large.")
        nodes.append(node)
    return nodes[-1]


def _read(item: Any, nodes: Sequence[Node], stage: str) -> Node:
    good = isinstance(item, Mapping) and isinstance(item.get("op"), str) and isinstance(item.get("type"), str)
    good = good and (item["op"] != "column" or isinstance(item.get("value"), str))
    places = item.get("args", []) if good else None
    if not isinstance(places, list) or not all(type(at) is int and 0 <= at < len(nodes) for at in places):
        raise ModelError(f"{stage}: its expression is damaged.")
    kind = item["type"]
    if not known(kind) and kind != "array<string>" and not (item["op"] == "column" and kind in TYPES):
        raise ModelError(f"{stage}: its expression has a value of type {item['type']}.")
    return top(item["op"], item["type"], [nodes[at] for at in places], item.get("value"))


def plain(node: Node) -> list[dict[str, Any]]:
    """Return a tree as plain values; what stands in it several times is written once."""
    places: dict[Node, int] = {}
    made: list[dict[str, Any]] = []

    def place(at: Node) -> int:
        if at not in places:
            args = [place(arg) for arg in at.args]
            item: dict[str, Any] = {"op": at.op, "type": at.type}
            if args:
                item["args"] = args
            if at.value is not None:
                item["value"] = list(at.value) if isinstance(at.value, tuple) else at.value
            made.append(item)
            places[at] = len(made) - 1
        return places[at]

    place(node)
    return made


def columns(node: Node) -> dict[str, str]:
    """Return the columns that a tree reads, with their types, in order."""
    if node.op == "column":
        return {node.value: node.type}
    return {name: kind for arg in node.args for name, kind in columns(arg).items()}
