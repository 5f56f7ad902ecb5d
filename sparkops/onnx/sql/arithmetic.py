"""Arithmetic and casts in a graph: doubles, floats rounded at each step, whole numbers in their range."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.sql.graph_value import (Part, either, strict, unless)
from sparkops.scoring.ir.field import REALS, WHOLE_RANGES
from sparkops.scoring.sql.expression import Node

Parts = Sequence[Part]
Write = Callable[[GraphBuilder, Node, Parts], Part]
SMALL = frozenset(("byte", "short", "integer"))  # whole numbers whose products a long holds
_NUMBERS = SMALL | REALS
_FAR, _LONG = 1e15, 2**63
_KINDS = {"double": "double", "float": "double", "boolean": "bool"}


def plain(node: Node) -> bool:
    """Tell whether the numbers above and below are of one type that a graph works with."""
    return node.type in _NUMBERS and _alike(node)


def added(node: Node) -> bool:
    """Tell the same of an operator whose overflow shows in the sign of its result."""
    return node.type in (*_NUMBERS, "long") and _alike(node)


def _alike(node: Node) -> bool:
    return all(arg.type == node.type for arg in node.args)


def _divides(node: Node) -> bool:
    return node.type in ("double", *SMALL) and _alike(node)


def doubles(node: Node) -> bool:
    """Tell whether doubles stand above and below."""
    return node.type == "double" and all(arg.type == "double" for arg in node.args)


def calculated(op: str) -> Write:
    """Return the writer of one operator; whole numbers out of their range fail."""

    def write(graph: GraphBuilder, node: Node, parts: Parts) -> Part:
        null, fault = strict(graph, parts)
        made = graph.add(op, *(each.name for each in parts))
        if node.type == "float":
            made = _single(graph, made)
        if node.type in WHOLE_RANGES:
            over = _turned(graph, op, made, parts) if node.type == "long" else _beyond(graph, made, node.type)
            fault = either(graph, fault, unless(graph, over, null))
        return Part(made, parts[0].kind, null, fault)

    return write


def _turned(graph: GraphBuilder, op: str, made: str, parts: Parts) -> str:
    """Return where a sum, difference or sign of longs has the sign that only an overflow gives it."""
    signs = [graph.add("Less", name, np.array(0)) for name in (*(each.name for each in parts), made)]
    if op in ("Neg", "Abs"):
        return graph.add("Equal", parts[0].name, np.array(-_LONG))
    alike = graph.add("Xor", signs[0], signs[1])
    alike = graph.add("Not", alike) if op == "Add" else alike
    return graph.add("And", alike, graph.add("Xor", signs[2], signs[0]))


def remainder(graph: GraphBuilder, node: Node, parts: Parts) -> Part:
    """Write Java's remainder, with the sign of the dividend; 0 as divisor fails."""
    null, fault = strict(graph, parts, backwards=True)
    left, right = parts
    whole = node.type in WHOLE_RANGES
    none = graph.add("Equal", right.name, np.array(0) if whole else 0.0)
    divisor = graph.add("Where", none, np.array(1) if whole else 1.0, right.name)
    made = graph.add("Mod", left.name, divisor, fmod=1)
    return Part(made, left.kind, null, either(graph, fault, unless(graph, none, null)))


def divided(graph: GraphBuilder, node: Node, parts: Parts) -> Part:  # noqa: ARG001
    """Write a division of doubles; 0 as divisor fails."""
    null, fault = strict(graph, parts, backwards=True)
    zero = unless(graph, graph.add("Equal", parts[1].name, 0.0), null)
    return Part(graph.add("Div", parts[0].name, parts[1].name), "double", null, either(graph, fault, zero))


def mathematics(op: str, *, above: float | None = None) -> Write:
    """Return the writer of a function of one double, null where it is not above a number."""

    def write(graph: GraphBuilder, node: Node, parts: Parts) -> Part:  # noqa: ARG001
        null, fault = strict(graph, parts)
        if above is not None:
            null = either(graph, null, graph.add("LessOrEqual", parts[0].name, above))
        return Part(graph.add(op, parts[0].name), "double", null, fault)

    return write


def stepped(op: str) -> Write:
    """Return the writer of floor or ceil: a long; NaN gives 0, and what is out of range its nearest end."""

    def write(graph: GraphBuilder, node: Node, parts: Parts) -> Part:  # noqa: ARG001
        null, fault = strict(graph, parts)
        value = parts[0].name
        high, low = graph.add("GreaterOrEqual", value, float(_LONG)), graph.add("Less", value, float(-_LONG))
        odd = graph.add("Or", graph.add("Or", high, low), graph.add("IsNaN", value))
        found = graph.cast(graph.add(op, graph.add("Where", odd, 0.0, value)), "int64")
        found = graph.add("Where", high, np.array(_LONG - 1), found)
        return Part(graph.add("Where", low, np.array(-_LONG), found), "int64", null, fault)

    return write


def _steps(node: Node) -> bool:
    return node.type == "long" and [arg.type for arg in node.args] == ["double"]


def power(graph: GraphBuilder, node: Node, parts: Parts) -> Part:  # noqa: ARG001
    """Write Java's power: 1 to the power NaN, and 1 or -1 to an infinite one, is NaN."""
    null, fault = strict(graph, parts)
    left, right = (part.name for part in parts)
    one = graph.add("Equal", graph.add("Abs", left), 1.0)
    odd = graph.add("Or", graph.add("IsNaN", right), graph.add("And", graph.add("IsInf", right), one))
    found = graph.add("Where", odd, np.nan, graph.add("Pow", left, right))
    return Part(found, "double", null, fault)


def castable(node: Node) -> bool:
    """Tell whether a cast has an exact form."""
    source, target = node.args[0].type, node.type
    if source == target:
        return True
    if source in WHOLE_RANGES:
        widens = WHOLE_RANGES.get(target, 0) >= WHOLE_RANGES[source]
        return widens or target in ("double", "boolean") or (target == "float" and source in SMALL)
    if source == "boolean":
        return target in WHOLE_RANGES or target == "double"
    return source in REALS and target in (*REALS, *SMALL, "boolean")


def cast(graph: GraphBuilder, node: Node, parts: Parts) -> Part:
    """Write a cast; a number that does not fit fails."""
    (given,), source, target = parts, node.args[0].type, node.type
    kind = _KINDS.get(target, "int64" if target in WHOLE_RANGES else given.kind)
    if target in (source, "boolean"):
        name = given.name if source == target else _not_zero(graph, given)
        return Part(name, kind, given.null, given.fault)
    fault = given.fault
    if source in REALS and target in SMALL:
        whole = _cut(graph, given.name)
        bad = unless(graph, _beyond(graph, whole, target), given.null)
        return Part(whole, kind, given.null, either(graph, fault, bad))
    name = given.name if given.kind == kind else graph.cast(given.name, kind)
    return Part(_single(graph, name) if target == "float" else name, kind, given.null, fault)


def _single(graph: GraphBuilder, name: str) -> str:
    return graph.cast(graph.cast(name, "float"), "double")


def _beyond(graph: GraphBuilder, name: str, kind: str) -> str:
    limit = WHOLE_RANGES[kind]
    low, high = graph.add("Less", name, np.array(-limit)), graph.add("GreaterOrEqual", name, np.array(limit))
    return graph.add("Or", low, high)


def _cut(graph: GraphBuilder, name: str) -> str:
    """Return a double cut towards 0; NaN, and one far out of range, is some number out of range."""
    known = graph.add("Where", graph.add("IsNaN", name), _FAR, name)
    return graph.cast(graph.add("Clip", known, -_FAR, _FAR), "int64")


def _not_zero(graph: GraphBuilder, part: Part) -> str:
    zero: float | np.ndarray[tuple[()], np.dtype[np.int64]] = 0.0 if part.kind == "double" else np.array(0)
    return graph.add("Not", graph.add("Equal", part.name, zero))


CALCULATIONS: Mapping[str, tuple[Callable[[Node], bool], Write]] = {
    "add": (added, calculated("Add")),
    "sub": (added, calculated("Sub")),
    "mul": (plain, calculated("Mul")),
    "neg": (added, calculated("Neg")),
    "abs": (added, calculated("Abs")),
    "mod": (_divides, remainder),
    "div": (doubles, divided),
    "pow": (doubles, power),
    "sqrt": (doubles, mathematics("Sqrt")),
    "exp": (doubles, mathematics("Exp")),
    "ln": (doubles, mathematics("Log", above=0.0)),
    "floor": (_steps, stepped("Floor")),
    "ceil": (_steps, stepped("Ceil")),
    "cast": (castable, cast),
}
