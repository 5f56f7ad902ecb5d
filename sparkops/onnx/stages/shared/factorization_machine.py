"""Factorization machines: a weighted sum, and sums over pairs of features."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.onnx.kernels.class_decision import bind_decision
from sparkops.onnx.kernels.linear_sums import add_logistic, add_margins, prepend_negative
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def convert_factorization_machine(step: Step, context: GraphContext) -> None:
    """Add the sums, and the class of a classifier."""
    graph, source = context.graph, context.get_features(step)
    weights, factors = step.arrays["weights"][None, :], step.arrays["factors"].astype(np.float64)
    total = add_margins(graph, source, weights, step.arrays["intercept"], sparse=bool(step.params["sparse"]))
    if factors.shape[1]:
        total = graph.add("Add", total, _add_pair_sum(graph, source, factors))
    if step.params["kind"] == "regress":
        context.columns[step.outputs[0]] = ScalarTensor(total, "double", "double", has_nan=True)
        return
    second = add_logistic(graph, total)
    probability = graph.concat([graph.add("Sub", 1.0, second), second])
    bind_decision(step, context, prepend_negative(graph, total), probability)


def _add_pair_sum(graph: GraphBuilder, source: VectorTensor, factors: Numbers) -> str:
    """Return 0.5 * sum((sum(v x)) ** 2 - sum((v x) ** 2)) over the factors (Rendle, ICDM 2010, lemma 3.1)."""
    column = graph.add("Unsqueeze", source.tensor, np.array([2]))
    terms = graph.add("Mul", column, factors[None, :, :])
    sums = graph.reduce_sum(terms, keep=False)
    squares = graph.reduce_sum(graph.add("Mul", terms, terms), keep=False)
    pairs = graph.add("Sub", graph.add("Mul", sums, sums), squares)
    return graph.reduce_sum(graph.add("Mul", pairs, 0.5))
