"""Arithmetic and casts in a graph: doubles, floats rounded at each step, whole numbers in their range."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.sql.graph_value import GraphValue, and_not_mask, null_and_error, or_mask
from sparkops.scoring.ir.field import REALS, WHOLE_RANGES
from sparkops.scoring.sql.expression import Expression

GraphValues = Sequence[GraphValue]
Export = Callable[[GraphBuilder, Expression, GraphValues], GraphValue]
SMALL = frozenset(("byte", "short", "integer"))  # whole numbers whose products a long holds
_NUMBERS = SMALL | REALS
_FAR, _LONG = 1e15, 2**63
_KINDS = {"double": "double", "float": "double", "boolean": "bool"}


def has_plain_type(node: Expression) -> bool:
    """Tell whether the numbers above and below are of one type that a graph works with."""
    return node.type in _NUMBERS and _alike(node)


def has_summable_type(node: Expression) -> bool:
    """Tell the same of an operator whose overflow shows in the sign of its result."""
    return node.type in (*_NUMBERS, "long") and _alike(node)


def _alike(node: Expression) -> bool:
    return all(arg.type == node.type for arg in node.args)


def _divides(node: Expression) -> bool:
    return node.type in ("double", *SMALL) and _alike(node)


def is_all_double(node: Expression) -> bool:
    """Tell whether doubles stand above and below."""
    return node.type == "double" and all(arg.type == "double" for arg in node.args)


def export_operator(op: str) -> Export:
    """Return the writer of one operator; whole numbers out of their range fail."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
        null, fault = null_and_error(graph, parts)
        made = graph.add(op, *(each.name for each in parts))
        if node.type == "float":
            made = _single(graph, made)
        if node.type in WHOLE_RANGES:
            over = _turned(graph, op, made, parts) if node.type == "long" else _beyond(graph, made, node.type)
            fault = or_mask(graph, fault, and_not_mask(graph, over, null))
        return GraphValue(made, parts[0].kind, null, fault)

    return write


def _turned(graph: GraphBuilder, op: str, made: str, parts: GraphValues) -> str:
    """Return where a sum, difference or sign of longs has the sign that only an overflow gives it."""
    signs = [graph.add("Less", name, np.array(0)) for name in (*(each.name for each in parts), made)]
    if op in ("Neg", "Abs"):
        return graph.add("Equal", parts[0].name, np.array(-_LONG))
    alike = graph.add("Xor", signs[0], signs[1])
    alike = graph.add("Not", alike) if op == "Add" else alike
    return graph.add("And", alike, graph.add("Xor", signs[2], signs[0]))


def export_remainder(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
    """Write Java's remainder, with the sign of the dividend; 0 as divisor fails."""
    null, fault = null_and_error(graph, parts, backwards=True)
    left, right = parts
    whole = node.type in WHOLE_RANGES
    none = graph.add("Equal", right.name, np.array(0) if whole else 0.0)
    divisor = graph.add("Where", none, np.array(1) if whole else 1.0, right.name)
    made = graph.add("Mod", left.name, divisor, fmod=1)
    return GraphValue(made, left.kind, null, or_mask(graph, fault, and_not_mask(graph, none, null)))


def export_division(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    """Write a division of doubles; 0 as divisor fails."""
    null, fault = null_and_error(graph, parts, backwards=True)
    zero = and_not_mask(graph, graph.add("Equal", parts[1].name, 0.0), null)
    return GraphValue(
        graph.add("Div", parts[0].name, parts[1].name), "double", null, or_mask(graph, fault, zero)
    )


def export_function(op: str, *, above: float | None = None) -> Export:
    """Return the writer of a function of one double, null where it is not above a number."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
        null, fault = null_and_error(graph, parts)
        if above is not None:
            null = or_mask(graph, null, graph.add("LessOrEqual", parts[0].name, above))
        return GraphValue(graph.add(op, parts[0].name), "double", null, fault)

    return write


def export_rounding(op: str) -> Export:
    """Return the writer of floor or ceil: a long; NaN gives 0, and what is out of range its nearest end."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
        null, fault = null_and_error(graph, parts)
        value = parts[0].name
        high, low = graph.add("GreaterOrEqual", value, float(_LONG)), graph.add("Less", value, float(-_LONG))
        odd = graph.add("Or", graph.add("Or", high, low), graph.add("IsNaN", value))
        found = graph.cast(graph.add(op, graph.add("Where", odd, 0.0, value)), "int64")
        found = graph.add("Where", high, np.array(_LONG - 1), found)
        return GraphValue(graph.add("Where", low, np.array(-_LONG), found), "int64", null, fault)

    return write


def _steps(node: Expression) -> bool:
    return node.type == "long" and [arg.type for arg in node.args] == ["double"]


def export_power(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    """Write Java's power: 1 to the power NaN, and 1 or -1 to an infinite one, is NaN."""
    null, fault = null_and_error(graph, parts)
    left, right = (part.name for part in parts)
    one = graph.add("Equal", graph.add("Abs", left), 1.0)
    odd = graph.add("Or", graph.add("IsNaN", right), graph.add("And", graph.add("IsInf", right), one))
    found = graph.add("Where", odd, np.nan, graph.add("Pow", left, right))
    return GraphValue(found, "double", null, fault)


def is_castable(node: Expression) -> bool:
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


def export_cast(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
    """Write a cast; a number that does not fit fails."""
    (given,), source, target = parts, node.args[0].type, node.type
    kind = _KINDS.get(target, "int64" if target in WHOLE_RANGES else given.kind)
    if target in (source, "boolean"):
        name = given.name if source == target else _not_zero(graph, given)
        return GraphValue(name, kind, given.null, given.fault)
    fault = given.fault
    if source in REALS and target in SMALL:
        whole = _cut(graph, given.name)
        bad = and_not_mask(graph, _beyond(graph, whole, target), given.null)
        return GraphValue(whole, kind, given.null, or_mask(graph, fault, bad))
    name = given.name if given.kind == kind else graph.cast(given.name, kind)
    return GraphValue(_single(graph, name) if target == "float" else name, kind, given.null, fault)


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


def _not_zero(graph: GraphBuilder, part: GraphValue) -> str:
    zero: float | np.ndarray[tuple[()], np.dtype[np.int64]] = 0.0 if part.kind == "double" else np.array(0)
    return graph.add("Not", graph.add("Equal", part.name, zero))


ARITHMETIC: Mapping[str, tuple[Callable[[Expression], bool], Export]] = {
    "add": (has_summable_type, export_operator("Add")),
    "sub": (has_summable_type, export_operator("Sub")),
    "mul": (has_plain_type, export_operator("Mul")),
    "neg": (has_summable_type, export_operator("Neg")),
    "abs": (has_summable_type, export_operator("Abs")),
    "mod": (_divides, export_remainder),
    "div": (is_all_double, export_division),
    "pow": (is_all_double, export_power),
    "sqrt": (is_all_double, export_function("Sqrt")),
    "exp": (is_all_double, export_function("Exp")),
    "ln": (is_all_double, export_function("Log", above=0.0)),
    "floor": (_steps, export_rounding("Floor")),
    "ceil": (_steps, export_rounding("Ceil")),
    "cast": (is_castable, export_cast),
}
