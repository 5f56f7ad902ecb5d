"""Export of whole expressions to a graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import find_dtype
from sparkops.onnx.sql.arithmetic import ARITHMETIC
from sparkops.onnx.sql.conditional import CONDITIONALS
from sparkops.onnx.sql.graph_value import BLANKS, GraphValue
from sparkops.scoring.ir.field import NUMERIC_TYPES
from sparkops.scoring.sql import literals
from sparkops.scoring.sql.expression import LEAVES, Expression

_EXPORTERS = {**ARITHMETIC, **CONDITIONALS}
_TYPES = frozenset((*NUMERIC_TYPES, "string", "boolean"))


def find_unsupported_reason(node: Expression) -> str | None:
    """Return the part of an expression that ONNX cannot compute exactly, for messages; None if there is none."""
    if node.type not in _TYPES:
        return f"a value of type {node.type}"
    if node.op not in LEAVES and (node.op not in _EXPORTERS or not _EXPORTERS[node.op][0](node)):
        return f"`{node.op}` of {', '.join(arg.type for arg in node.args)}"
    return next((reason for reason in map(find_unsupported_reason, node.args) if reason), None)


def export_expression(node: Expression, columns: Mapping[str, GraphValue], graph: GraphBuilder) -> GraphValue:
    """Export an expression.

    Args:
        node: The expression; `find_unsupported_reason` returned None for it.
        columns: Values of the columns that it reads, by name.
        graph: Receives the nodes.
    """
    if node.op == "column":
        return columns[node.value]
    if node.op == "literal":
        return _export_literal(node, graph)
    operands = [export_expression(arg, columns, graph) for arg in node.args]
    return _EXPORTERS[node.op][1](graph, node, operands)


def _export_literal(node: Expression, graph: GraphBuilder) -> GraphValue:
    value, dtype = literals.decode_literal(node.value, node.type), find_dtype(node.type)
    if value is None:
        return GraphValue(graph.add_constant(BLANKS[dtype]), dtype, graph.add_constant(np.array([[True]])))
    return GraphValue(graph.add_constant(np.array([[value]], dtype=BLANKS[dtype].dtype)), dtype)
