"""BucketedRandomProjectionLSHModel: the bucket of each projection."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_bucketed_random_projection_lsh(step: Step, context: GraphContext) -> None:
    """Add one product, divided by the bucket length and rounded down."""
    graph, directions = context.graph, step.arrays["directions"].astype(np.float64)
    projections = graph.gemm(context.get_features(step).tensor, directions)
    result = graph.add("Floor", graph.add("Mul", projections, float(step.arrays["factor"][0])))
    context.columns[step.outputs[0]] = VectorTensor(result, len(directions), is_list=True)
