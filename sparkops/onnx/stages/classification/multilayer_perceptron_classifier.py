"""MultilayerPerceptronClassificationModel: sigmoid layers, and a softmax at the end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.kernels.class_decision import bind_decision, softmax
from sparkops.onnx.kernels.linear_sums import add_logistic
from sparkops.scoring.ir.description import Step


def convert_multilayer_perceptron_classifier(step: Step, context: GraphContext) -> None:
    """Add one Gemm for each layer. `weights` holds for each layer its matrix, then its biases."""
    graph, values = context.graph, context.get_features(step).tensor
    flat, start, sizes = step.arrays["weights"].astype(np.float64), 0, list(step.params["layers"])
    for number, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        end = start + inputs * outputs
        weights, biases = flat[start:end].reshape(inputs, outputs), flat[end : end + outputs]
        values = graph.gemm(values, weights.T, biases)
        if number < len(sizes) - 1:
            values = add_logistic(graph, values)
        start = end + outputs
    bind_decision(step, context, values, softmax(graph, values))
