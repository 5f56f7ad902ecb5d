"""GaussianMixtureModel: the weighted density of each Gaussian."""

from __future__ import annotations

from sys import float_info

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.onnx.kernels.class_decision import argmax
from sparkops.scoring.ir.description import Step


def convert_gaussian_mixture(step: Step, context: GraphContext) -> None:
    """Add the densities exp(height - |shift - root x|^2 / 2), their shares, and the largest."""
    graph, source = context.graph, context.get_features(step)
    weights, heights, roots, shifts = (
        step.arrays[name].astype(np.float64) for name in ("weights", "heights", "roots", "shifts")
    )
    count, size = shifts.shape
    products = graph.gemm(source.tensor, roots.reshape(count * size, size))
    whitened = graph.add("Reshape", products, np.array([-1, count, size]))
    gaps = graph.add("Sub", shifts[None, :, :], whitened)
    squared = graph.reduce_sum(graph.add("Mul", gaps, gaps), axis=2, keep=False)
    densities = graph.add("Exp", graph.add("Sub", heights[None, :], graph.add("Mul", squared, 0.5)))
    weighted = graph.add("Add", graph.add("Mul", densities, weights[None, :]), float_info.epsilon)
    shares = graph.add("Div", weighted, graph.reduce_sum(weighted))
    prediction, probability = step.outputs
    if probability:
        context.columns[probability] = VectorTensor(shares, count)
    if prediction:
        context.columns[prediction] = ScalarTensor(argmax(graph, shares), "int64", "integer", limit=count)
