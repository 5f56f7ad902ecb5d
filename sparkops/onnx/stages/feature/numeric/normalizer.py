"""Normalizer: a vector divided by its p-norm."""

from __future__ import annotations

from math import inf

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.onnx.kernels.vector_layout import add_sparse_mask
from sparkops.scoring.ir.description import Step


def convert_normalizer(step: Step, context: GraphContext) -> None:
    """Add the norm and the division; a vector of norm 0 stays as it is, and so do zeros that Spark does not store."""
    graph, source, storage = context.graph, context.get_features(step), str(step.params["stored"])
    norm = _add_norm(graph, source.tensor, float(step.arrays["p"][0]))
    divisor = graph.add("Where", graph.add("Equal", norm, 0.0), 1.0, norm)
    result = graph.add("Div", source.tensor, divisor)
    if storage != "dense":
        zero = graph.add("Equal", source.tensor, 0.0)
        if storage == "unknown":
            context.exclude(graph.add("And", graph.add("IsNaN", norm), graph.reduce_any(zero)))
        else:
            unstored = graph.add("And", zero, add_sparse_mask(graph, source, storage))
            result = graph.add("Where", unstored, 0.0, result)
    context.columns[step.outputs[0]] = VectorTensor(result, source.size)


def _add_norm(graph: GraphBuilder, vector: str, p: float) -> str:
    magnitudes = graph.add("Abs", vector)
    if p == inf:
        # Java's `>` skips NaN.
        numbers = graph.add("Where", graph.add("IsNaN", vector), 0.0, magnitudes)
        return graph.add("ReduceMax", numbers, np.array([1]))
    if p == 1.0:
        return graph.reduce_sum(magnitudes)
    if p == 2.0:  # noqa: PLR2004
        return graph.add("Sqrt", graph.reduce_sum(graph.add("Mul", vector, vector)))
    return graph.add("Pow", graph.reduce_sum(graph.add("Pow", magnitudes, p)), 1.0 / p)
