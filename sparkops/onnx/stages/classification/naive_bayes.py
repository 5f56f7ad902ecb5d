"""NaiveBayesModel: sums of log-likelihoods."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.kernels.class_decision import bind_decision, softmax
from sparkops.onnx.kernels.linear_sums import sum_in_order
from sparkops.scoring.ir.description import Step


def convert_naive_bayes(step: Step, context: GraphContext) -> None:
    """Add the check of the features, the sums and the class."""
    graph, source, model_type = context.graph, context.get_features(step), step.params["kind"]
    theta = step.arrays["theta"].astype(np.float64)
    if model_type == "gaussian":
        raw = _add_gaussian_scores(graph, source.tensor, step)
    else:
        context.exclude(_add_invalid_count_mask(graph, source.tensor, binary=model_type == "bernoulli"))
        raw = graph.gemm(source.tensor, theta, step.arrays["prior"])
    if model_type == "complement":
        highest = graph.add("ReduceMax", raw, np.array([1]))
        total = graph.reduce_sum(graph.add("Exp", graph.add("Sub", raw, highest)))
        raw = graph.add("Sub", raw, graph.add("Add", graph.add("Log", total), highest))
    bind_decision(step, context, raw, softmax(graph, raw))


def _add_invalid_count_mask(graph: GraphBuilder, features: str, *, binary: bool) -> str:
    """Return whether some feature is negative or NaN, or neither 0 nor 1."""
    if binary:
        valid = graph.add("Or", graph.add("Equal", features, 1.0), graph.add("Equal", features, 0.0))
    else:
        valid = graph.add("GreaterOrEqual", features, 0.0)
    return graph.reduce_any(graph.add("Not", valid))


def _add_gaussian_scores(graph: GraphBuilder, features: str, step: Step) -> str:
    """Return the scores, added feature by feature: far from the means the order of the sum changes the probability."""
    theta, sigma = (step.arrays[name].astype(np.float64)[None, :, :] for name in ("theta", "sigma"))
    deviations = graph.add("Sub", graph.add("Unsqueeze", features, np.array([1])), theta)
    squares = graph.add("Div", graph.add("Mul", deviations, deviations), sigma)
    total = sum_in_order(graph, squares, axis=2)
    log_variances, prior = (step.arrays[name].astype(np.float64)[None, :] for name in ("widths", "prior"))
    return graph.add("Sub", prior, graph.add("Mul", graph.add("Add", total, log_variances), 0.5))
