"""VectorAssembler: columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from sparkops.onnx.graph_context import Column, GraphContext, ScalarTensor, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_vector_assembler(step: Step, context: GraphContext) -> None:
    """Add the checks for null and NaN, and one Concat."""
    keep = step.params["invalid"] == "keep"
    columns = [context.columns[name] for name in step.inputs]
    if not keep:
        _exclude_null_and_nan(context, columns)
    tensors: list[str] = []
    for _, same_type in groupby(columns, key=lambda column: (type(column), getattr(column, "dtype", ""))):
        tensors += _cast_to_doubles(context, list(same_type), keep=keep)
    size = sum(column.size if isinstance(column, VectorTensor) else 1 for column in columns)
    context.columns[step.outputs[0]] = VectorTensor(context.graph.concat(tensors), size)


def _exclude_null_and_nan(context: GraphContext, columns: Sequence[Column]) -> None:
    graph = context.graph
    for column in columns:
        if column.null is not None:
            context.exclude(column.null)
    with_nan = [column.tensor for column in columns if isinstance(column, ScalarTensor) and column.has_nan]
    if with_nan:
        context.exclude(graph.reduce_any(graph.add("IsNaN", graph.concat(with_nan))))


def _cast_to_doubles(context: GraphContext, columns: Sequence[Column], *, keep: bool) -> list[str]:
    """Return adjacent columns of one type as doubles, scalars of another type by one Cast."""
    graph = context.graph
    if keep:
        return [_replace_null_by_nan(context, column) for column in columns]
    tensors = [column.tensor for column in columns]
    if isinstance(columns[0], VectorTensor) or columns[0].dtype == "double":
        return tensors
    return [graph.cast(graph.concat(tensors), "double")]


def _replace_null_by_nan(context: GraphContext, column: Column) -> str:
    tensor = context.to_double(column) if isinstance(column, ScalarTensor) else column.tensor
    return tensor if column.null is None else context.graph.add("Where", column.null, np.nan, tensor)
