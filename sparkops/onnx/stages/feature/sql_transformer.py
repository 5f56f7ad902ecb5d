"""SQLTransformer: columns from SQL expressions, and a condition that drops rows."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, find_dtype
from sparkops.onnx.sql import export_expression, find_unsupported_reason
from sparkops.onnx.sql.graph_value import GraphValue, add_and_not
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import FLOATING_TYPES
from sparkops.scoring.sql.expression import Expression, expression_from_json, find_referenced_columns


def convert_select(step: Step, context: GraphContext) -> None:
    """Add the expression; a row for which it fails is not scored. A renamed column needs no node."""
    tree = _read_expression(step)
    if tree.op == "column":
        context.columns[step.outputs[0]] = context.columns[tree.value]
        return
    result = _add_expression(tree, context)
    tensor = context.expand_to_rows(result.name)
    context.columns[step.outputs[0]] = ScalarTensor(
        tensor, result.dtype, tree.type, result.null, has_nan=result.dtype == "double"
    )


def convert_where(step: Step, context: GraphContext) -> None:
    """Add the condition; a row for which it is false or null is not scored."""
    condition = _add_expression(_read_expression(step), context)
    holds = add_and_not(context.graph, condition.name, condition.null)
    assert holds is not None
    context.exclude(context.graph.add("Not", holds))


def find_unsupported_expression(step: Step) -> str | None:
    """Return why the expression of a step has no exact form in ONNX; None if it has."""
    tree = _read_expression(step)
    operation = None if tree.op == "column" else find_unsupported_reason(tree)
    return f"its expression holds {operation}, which has no exact form" if operation else None


def _read_expression(step: Step) -> Expression:
    return expression_from_json(step.params.get("nodes"), step.stage)


def _add_expression(tree: Expression, context: GraphContext) -> GraphValue:
    operands = {
        name: _build_operand(context, name, spark_type)
        for name, spark_type in find_referenced_columns(tree).items()
    }
    result = export_expression(tree, operands, context.graph)
    if result.error is not None:
        context.exclude(result.error)
    return result


def _build_operand(context: GraphContext, name: str, spark_type: str) -> GraphValue:
    column = context.columns[name]
    assert isinstance(column, ScalarTensor)
    tensor = context.to_double(column) if spark_type in FLOATING_TYPES else column.tensor
    return GraphValue(tensor, find_dtype(spark_type), column.null)
