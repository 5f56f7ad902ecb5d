"""KMeansModel: the nearest centre."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.distances import add_positive_norm, add_squared_distances
from sparkops.scoring.ir.description import Step


def convert_k_means(step: Step, context: GraphContext) -> None:
    """Add all distances and one ArgMin; the first of equally near centres is taken."""
    graph, source = context.graph, context.get_features(step)
    centres = step.arrays["centres"].astype(np.float64)
    if step.params["cosine"]:
        norm = add_positive_norm(context, source)
        units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        cosine = graph.add("Div", graph.gemm(source.tensor, units), norm)
        distances = graph.add("Sub", 1.0, cosine)
    else:
        distances = add_squared_distances(graph, source, centres)
        context.exclude(graph.reduce_any(graph.add("IsNaN", source.tensor)))
    # A centre at a distance of NaN is never the nearest.
    comparable = graph.add("Where", graph.add("IsNaN", distances), np.inf, distances)
    nearest = graph.add("ArgMin", comparable, axis=1, keepdims=1)
    context.columns[step.outputs[0]] = ScalarTensor(nearest, "int64", "integer", limit=len(centres))
