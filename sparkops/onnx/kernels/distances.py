"""Squared distances to points, and norms."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.arrays import Numbers


def add_squared_distances(graph: GraphBuilder, source: VectorTensor, points: Numbers) -> str:
    """Return (rows, points) squared Euclidean distances."""
    gaps = graph.add("Sub", graph.add("Unsqueeze", source.tensor, np.array([1])), points[None, :, :])
    return graph.reduce_sum(graph.add("Mul", gaps, gaps), axis=2, keep=False)


def add_positive_norm(context: GraphContext, source: VectorTensor) -> str:
    """Return (rows, 1) Euclidean norms; rows whose norm is 0 or NaN are not scored."""
    graph = context.graph
    norm = graph.add("Sqrt", graph.reduce_sum(graph.add("Mul", source.tensor, source.tensor)))
    context.exclude(graph.add("Not", graph.add("Greater", norm, 0.0)))
    return norm
