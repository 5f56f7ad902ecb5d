"""Export of comparison, three-valued logic and conditional expressions: NaN equals NaN and is the largest number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.sql.arithmetic import Export, GraphValues
from sparkops.onnx.sql.graph_value import BLANKS, GraphValue, add_and, add_and_not, add_null_and_error, add_or
from sparkops.scoring.ir.field import FLOATING_TYPES, NUMERIC_TYPES
from sparkops.scoring.sql import literals
from sparkops.scoring.sql.expression import Expression

_SCALAR_TYPES = frozenset((*NUMERIC_TYPES, "string", "boolean"))


def _has_scalar_types(node: Expression) -> bool:
    return all(arg.type in _SCALAR_TYPES for arg in node.args) and node.type in _SCALAR_TYPES


def _has_numeric_operands(node: Expression) -> bool:
    return all(arg.type in NUMERIC_TYPES for arg in node.args)


def _export_equal(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
    null, error = add_null_and_error(graph, operands)
    return GraphValue(_add_values_equal(graph, node.args[0].type, operands), "bool", null, error)


def _export_null_safe_equal(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
    one, other = (operand.null or graph.add_constant(BLANKS["bool"]) for operand in operands)
    equal = graph.add(
        "And",
        _add_values_equal(graph, node.args[0].type, operands),
        graph.add("Not", graph.add("Or", one, other)),
    )
    result = graph.add("Or", equal, graph.add("And", one, other))
    return GraphValue(result, "bool", None, add_or(graph, operands[0].error, operands[1].error))


def _add_values_equal(graph: GraphBuilder, type_: str, operands: GraphValues) -> str:
    result = graph.add("Equal", operands[0].name, operands[1].name)
    if type_ not in FLOATING_TYPES:
        return result
    nans = (graph.add("IsNaN", operand.name) for operand in operands)
    return graph.add("Or", result, graph.add("And", *nans))


def _make_ordering_export(op: str, *, negated: bool) -> Export:
    """Return the exporter of `<` or `>`, or of the negation of one of them: `a >= b` is `not a < b`."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
        null, error = add_null_and_error(graph, operands)
        less = _add_less(
            graph,
            node.args[0].type,
            *(operand.name for operand in (operands[::-1] if op == "gt" else operands)),
        )
        return GraphValue(graph.add("Not", less) if negated else less, "bool", null, error)

    return export


def _add_less(graph: GraphBuilder, type_: str, one: str, other: str) -> str:
    result = graph.add("Less", one, other)
    if type_ not in FLOATING_TYPES:
        return result
    last = graph.add("And", graph.add("IsNaN", other), graph.add("Not", graph.add("IsNaN", one)))
    return graph.add("Or", result, last)


def _make_logical_export(op: str, *, decisive: bool) -> Export:
    """Return the exporter of `and`, decided by false, or of `or`, decided by true; later operands are not evaluated."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
        decided = null = error = value = None
        for operand in operands:
            error = add_or(graph, error, add_and_not(graph, operand.error, decided))
            test = operand.name if decisive else graph.add("Not", operand.name)
            decided = add_or(graph, decided, add_and_not(graph, test, operand.null))
            null = add_or(graph, null, operand.null)
            value = operand.name if value is None else graph.add(op, value, operand.name)
        assert decided is not None
        assert value is not None
        if null is None:
            return GraphValue(value, "bool", None, error)
        result = decided if decisive else graph.add("Not", decided)
        return GraphValue(result, "bool", add_and_not(graph, null, decided), error)

    return export


def _export_not(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    return GraphValue(graph.add("Not", operands[0].name), "bool", operands[0].null, operands[0].error)


def _export_is_null(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    return GraphValue(operands[0].null or graph.add_constant(BLANKS["bool"]), "bool", None, operands[0].error)


def _export_is_nan(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    result = add_and_not(graph, graph.add("IsNaN", operands[0].name), operands[0].null)
    assert result is not None
    return GraphValue(result, "bool", None, operands[0].error)


def _export_in(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
    values = [literals.decode_literal(arg.value, arg.type) for arg in node.args[1:]]
    dtype = object if operands[0].dtype == "string" else None
    hit = graph.add("Equal", operands[0].name, np.array([values], dtype=dtype))
    return GraphValue(graph.reduce_any(hit), "bool", operands[0].null, operands[0].error)


def _is_in(node: Expression) -> bool:
    return _has_scalar_types(node) and all(
        arg.op == "literal" and arg.value is not None for arg in node.args[1:]
    )


def _export_case(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    """Export CASE, built from the last branch to the first."""
    result = operands[-1]
    for condition, value in reversed(list(zip(operands[:-1:2], operands[1::2], strict=True))):
        holds = add_and_not(graph, condition.name, condition.null)
        assert holds is not None
        selected = _select(graph, holds, value, result)
        result = GraphValue(
            selected.name,
            selected.dtype,
            selected.null,
            _with_condition_error(graph, condition, selected.error),
        )
    return result


def _with_condition_error(graph: GraphBuilder, condition: GraphValue, error: str | None) -> str | None:
    return add_or(graph, condition.error, error)


def _export_coalesce(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    result = operands[-1]
    for operand in reversed(operands[:-1]):
        if operand.null is None:
            result = operand
            continue
        selected = _select(graph, graph.add("Not", operand.null), operand, result)
        null, later = add_and(graph, operand.null, result.null), add_and(graph, operand.null, result.error)
        result = GraphValue(selected.name, selected.dtype, null, add_or(graph, operand.error, later))
    return result


def _select(graph: GraphBuilder, test: str, if_true: GraphValue, if_false: GraphValue) -> GraphValue:
    """Return one of two values by a test, with its masks."""
    masks = []
    for one, other in ((if_true.null, if_false.null), (if_true.error, if_false.error)):
        masked = None if one is None else graph.add("And", test, one)
        masks.append(add_or(graph, masked, add_and_not(graph, other, test)))
    return GraphValue(graph.select(test, if_true.name, if_false.name, if_true.dtype), if_true.dtype, *masks)


def _make_extreme_export(*, largest: bool) -> Export:
    """Return the exporter of the largest, or smallest, value that is not null; the first of equal values wins."""

    def export(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:
        best = operands[0]
        for operand in operands[1:]:
            pair = (best.name, operand.name) if largest else (operand.name, best.name)
            better = _add_less(graph, node.type, *pair)
            better = graph.add("Or", better, best.null) if best.null is not None else better
            taken = add_and_not(graph, better, operand.null)
            assert taken is not None
            picked = graph.select(taken, operand.name, best.name, best.dtype)
            error = add_or(graph, best.error, operand.error)
            best = GraphValue(picked, best.dtype, add_and(graph, best.null, operand.null), error)
        return best

    return export


def _export_nanvl(graph: GraphBuilder, node: Expression, operands: GraphValues) -> GraphValue:  # noqa: ARG001
    is_nan = add_and_not(graph, graph.add("IsNaN", operands[0].name), operands[0].null)
    assert is_nan is not None
    selected = _select(graph, is_nan, operands[1], operands[0])
    return GraphValue(
        selected.name, "double", selected.null, add_or(graph, operands[0].error, selected.error)
    )


CONDITIONALS: Mapping[str, tuple[Callable[[Expression], bool], Export]] = {
    "eq": (_has_scalar_types, _export_equal),
    "eqnull": (_has_scalar_types, _export_null_safe_equal),
    "lt": (_has_numeric_operands, _make_ordering_export("lt", negated=False)),
    "gt": (_has_numeric_operands, _make_ordering_export("gt", negated=False)),
    "ge": (_has_numeric_operands, _make_ordering_export("lt", negated=True)),
    "le": (_has_numeric_operands, _make_ordering_export("gt", negated=True)),
    "and": (_has_scalar_types, _make_logical_export("And", decisive=False)),
    "or": (_has_scalar_types, _make_logical_export("Or", decisive=True)),
    "not": (_has_scalar_types, _export_not),
    "isnull": (_has_scalar_types, _export_is_null),
    "isnan": (_has_scalar_types, _export_is_nan),
    "in": (_is_in, _export_in),
    "case": (_has_scalar_types, _export_case),
    "coalesce": (_has_scalar_types, _export_coalesce),
    "greatest": (_has_numeric_operands, _make_extreme_export(largest=True)),
    "least": (_has_numeric_operands, _make_extreme_export(largest=False)),
    "nanvl": (_has_scalar_types, _export_nanvl),
}
