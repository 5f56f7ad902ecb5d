"""PCAModel: the product with the principal components."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_pca(step: Step, context: GraphContext) -> None:
    """Add one product."""
    directions = step.arrays["directions"].astype(np.float64)
    result = context.graph.gemm(context.get_features(step).tensor, directions)
    context.columns[step.outputs[0]] = VectorTensor(result, len(directions))
