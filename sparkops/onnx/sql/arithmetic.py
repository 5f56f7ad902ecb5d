"""Export of arithmetic and casts: doubles, floats rounded after each operation, integers checked for overflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.sql.graph_value import GraphValue, add_and_not, add_null_and_error, add_or
from sparkops.scoring.ir.field import FLOATING_TYPES, INTEGER_RANGES
from sparkops.scoring.sql.expression import Expression

GraphValues = Sequence[GraphValue]
Export = Callable[[GraphBuilder, Expression, GraphValues], GraphValue]
# Integers whose products a long holds.
SMALL = frozenset(("byte", "short", "integer"))
_NUMBERS = SMALL | FLOATING_TYPES
# A double that is in the range of long but not of integer.
_OUT_OF_INTEGER_RANGE = 1e15
_LONG = 2**63
_DTYPES = {"double": "double", "float": "double", "boolean": "bool"}


def has_exact_product_type(node: Expression) -> bool:
    """Return whether result and operands are of one numeric type whose products the graph computes exactly."""
    return node.type in _NUMBERS and _has_one_type(node)


def has_summable_type(node: Expression) -> bool:
    """Return whether result and operands are of one numeric type whose sums the graph computes exactly.

    An overflow of longs is found by the sign of the result.
    """
    return node.type in (*_NUMBERS, "long") and _has_one_type(node)


def _has_one_type(node: Expression) -> bool:
    return all(arg.type == node.type for arg in node.args)


def _has_divisible_type(node: Expression) -> bool:
    return node.type in ("double", *SMALL) and _has_one_type(node)


def is_all_double(node: Expression) -> bool:
    """Return whether result and operands are doubles."""
    return node.type == "double" and all(arg.type == "double" for arg in node.args)


def export_operator(op: str) -> Export:
    """Return the exporter of an operator; integers outside the range of their type are errors."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
        null, error = add_null_and_error(graph, operands)
        result = graph.add(op, *(operand.name for operand in operands))
        if node.type == "float":
            result = _round_to_float(graph, result)
        if node.type in INTEGER_RANGES:
            overflow = (
                _add_overflow_mask(graph, op, result, operands)
                if node.type == "long"
                else _add_range_mask(graph, result, node.type)
            )
            error = add_or(graph, error, add_and_not(graph, overflow, null))
        return GraphValue(result, operands[0].dtype, null, error)

    return export


def _add_overflow_mask(graph: GraphBuilder, op: str, result: str, operands: GraphValues) -> str:
    """Return the mask of the rows where a sum, difference or negation of longs overflows, by the sign of the result."""
    signs = [
        graph.add("Less", name, np.array(0)) for name in (*(operand.name for operand in operands), result)
    ]
    if op in ("Neg", "Abs"):
        return graph.add("Equal", operands[0].name, np.array(-_LONG))
    can_overflow = graph.add("Xor", signs[0], signs[1])
    can_overflow = graph.add("Not", can_overflow) if op == "Add" else can_overflow
    return graph.add("And", can_overflow, graph.add("Xor", signs[2], signs[0]))


def export_remainder(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
    """Export the remainder, which has the sign of the dividend as in Java; a divisor of 0 is an error."""
    null, error = add_null_and_error(graph, operands, backwards=True)
    left, right = operands
    is_integer = node.type in INTEGER_RANGES
    is_zero = graph.add("Equal", right.name, np.array(0) if is_integer else 0.0)
    divisor = graph.add("Where", is_zero, np.array(1) if is_integer else 1.0, right.name)
    result = graph.add("Mod", left.name, divisor, fmod=1)
    return GraphValue(result, left.dtype, null, add_or(graph, error, add_and_not(graph, is_zero, null)))


def export_division(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    """Export a division of doubles; a divisor of 0 is an error."""
    null, error = add_null_and_error(graph, operands, backwards=True)
    zero = add_and_not(graph, graph.add("Equal", operands[1].name, 0.0), null)
    return GraphValue(
        graph.add("Div", operands[0].name, operands[1].name), "double", null, add_or(graph, error, zero)
    )


def export_function(op: str, *, above: float | None = None) -> Export:
    """Return the exporter of a function of one double; null where it is not above `above`."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
        null, error = add_null_and_error(graph, operands)
        if above is not None:
            null = add_or(graph, null, graph.add("LessOrEqual", operands[0].name, above))
        return GraphValue(graph.add(op, operands[0].name), "double", null, error)

    return export


def export_rounding(op: str) -> Export:
    """Return the exporter of floor or ceil to long: 0 for NaN, clamped to the range of long."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
        null, error = add_null_and_error(graph, operands)
        value = operands[0].name
        high, low = graph.add("GreaterOrEqual", value, float(_LONG)), graph.add("Less", value, float(-_LONG))
        special = graph.add("Or", graph.add("Or", high, low), graph.add("IsNaN", value))
        result = graph.cast(graph.add(op, graph.add("Where", special, 0.0, value)), "int64")
        result = graph.add("Where", high, np.array(_LONG - 1), result)
        return GraphValue(graph.add("Where", low, np.array(-_LONG), result), "int64", null, error)

    return export


def _is_double_to_long(node: Expression) -> bool:
    return node.type == "long" and [arg.type for arg in node.args] == ["double"]


def export_power(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    """Export the power as in Java: 1 to the power NaN, and 1 or -1 to an infinite power, is NaN."""
    null, error = add_null_and_error(graph, operands)
    left, right = (operand.name for operand in operands)
    one = graph.add("Equal", graph.add("Abs", left), 1.0)
    special = graph.add("Or", graph.add("IsNaN", right), graph.add("And", graph.add("IsInf", right), one))
    result = graph.add("Where", special, np.nan, graph.add("Pow", left, right))
    return GraphValue(result, "double", null, error)


def is_castable(node: Expression) -> bool:
    """Return whether a cast has an exact form."""
    source, target = node.args[0].type, node.type
    if source == target:
        return True
    if source in INTEGER_RANGES:
        widens = INTEGER_RANGES.get(target, 0) >= INTEGER_RANGES[source]
        return widens or target in ("double", "boolean") or (target == "float" and source in SMALL)
    if source == "boolean":
        return target in INTEGER_RANGES or target == "double"
    return source in FLOATING_TYPES and target in (*FLOATING_TYPES, *SMALL, "boolean")


def export_cast(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
    """Export a cast; a number that does not fit is an error."""
    (source_value,), source, target = operands, node.args[0].type, node.type
    dtype = _DTYPES.get(target, "int64" if target in INTEGER_RANGES else source_value.dtype)
    if target in (source, "boolean"):
        name = source_value.name if source == target else _add_nonzero_test(graph, source_value)
        return GraphValue(name, dtype, source_value.null, source_value.error)
    error = source_value.error
    if source in FLOATING_TYPES and target in SMALL:
        integer = _truncate(graph, source_value.name)
        overflow = add_and_not(graph, _add_range_mask(graph, integer, target), source_value.null)
        return GraphValue(integer, dtype, source_value.null, add_or(graph, error, overflow))
    name = source_value.name if source_value.dtype == dtype else graph.cast(source_value.name, dtype)
    return GraphValue(
        _round_to_float(graph, name) if target == "float" else name, dtype, source_value.null, error
    )


def _round_to_float(graph: GraphBuilder, name: str) -> str:
    return graph.cast(graph.cast(name, "float"), "double")


def _add_range_mask(graph: GraphBuilder, name: str, type_: str) -> str:
    limit = INTEGER_RANGES[type_]
    low, high = graph.add("Less", name, np.array(-limit)), graph.add("GreaterOrEqual", name, np.array(limit))
    return graph.add("Or", low, high)


def _truncate(graph: GraphBuilder, name: str) -> str:
    """Return doubles truncated towards 0; NaN and values far out of range become some integer out of range."""
    known = graph.add("Where", graph.add("IsNaN", name), _OUT_OF_INTEGER_RANGE, name)
    return graph.cast(graph.add("Clip", known, -_OUT_OF_INTEGER_RANGE, _OUT_OF_INTEGER_RANGE), "int64")


def _add_nonzero_test(graph: GraphBuilder, operand: GraphValue) -> str:
    zero: float | np.ndarray[tuple[()], np.dtype[np.int64]] = (
        0.0 if operand.dtype == "double" else np.array(0)
    )
    return graph.add("Not", graph.add("Equal", operand.name, zero))


ARITHMETIC: Mapping[str, tuple[Callable[[Expression], bool], Export]] = {
    "add": (has_summable_type, export_operator("Add")),
    "sub": (has_summable_type, export_operator("Sub")),
    "mul": (has_exact_product_type, export_operator("Mul")),
    "neg": (has_summable_type, export_operator("Neg")),
    "abs": (has_summable_type, export_operator("Abs")),
    "mod": (_has_divisible_type, export_remainder),
    "div": (is_all_double, export_division),
    "pow": (is_all_double, export_power),
    "sqrt": (is_all_double, export_function("Sqrt")),
    "exp": (is_all_double, export_function("Exp")),
    "ln": (is_all_double, export_function("Log", above=0.0)),
    "floor": (_is_double_to_long, export_rounding("Floor")),
    "ceil": (_is_double_to_long, export_rounding("Ceil")),
    "cast": (is_castable, export_cast),
}
