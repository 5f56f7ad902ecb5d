"""AFTSurvivalRegressionModel: the exponential of a weighted sum, and quantiles as multiples of it."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.onnx.kernels.linear_sums import add_margin
from sparkops.scoring.ir.description import Step


def convert_aft_survival_regression(step: Step, context: GraphContext) -> None:
    """Add the expected lifetime and the quantiles."""
    lifetime = context.graph.add("Exp", add_margin(step, context))
    prediction, quantiles = step.outputs
    context.columns[prediction] = ScalarTensor(lifetime, "double", "double", has_nan=True)
    if quantiles:
        factors = step.arrays["factors"][None, :].astype(np.float64)
        tensor = context.graph.add("Mul", lifetime, factors)
        context.columns[quantiles] = VectorTensor(tensor, factors.shape[1])
