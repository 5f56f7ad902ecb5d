"""Naive Bayes, perceptrons, and one of several classes by the scores of others."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import One, Work
from sparkops.onnx.kernels.class_decision import bind, decide, softmax
from sparkops.onnx.kernels.linear_sums import in_order, logistic
from sparkops.scoring.ir.description import Step


def naive_bayes(step: Step, work: Work) -> None:
    """Write the check of the features, the sums of log likelihoods and the choice."""
    graph, source, kind = work.graph, work.features(step), step.params["kind"]
    theta = step.arrays["theta"].astype(np.float64)
    if kind == "gaussian":
        raw = _gaussian(graph, source.name, step)
    else:
        work.leave(_uncounted(graph, source.name, ones=kind == "bernoulli"))
        raw = graph.product(source.name, theta, step.arrays["prior"])
    if kind == "complement":
        top = graph.add("ReduceMax", raw, np.array([1]))
        total = graph.sum(graph.add("Exp", graph.add("Sub", raw, top)))
        raw = graph.add("Sub", raw, graph.add("Add", graph.add("Log", total), top))
    decide(step, work, raw, softmax(graph, raw))


def perceptron(step: Step, work: Work) -> None:
    """Write the layers: sigmoids inside, softmax at the end."""
    graph, values = work.graph, work.features(step).name
    flat, at, sizes = step.arrays["weights"].astype(np.float64), 0, list(step.params["layers"])
    for number, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        end = at + inputs * outputs
        weights, biases = flat[at:end].reshape(inputs, outputs), flat[end : end + outputs]
        values = graph.product(values, weights.T, biases)
        if number < len(sizes) - 1:
            values = logistic(graph, values)
        at = end + outputs
    decide(step, work, values, softmax(graph, values))


def one_vs_rest(step: Step, work: Work) -> None:
    """Write the choice among the classifiers' second scores; class -1 where none is above minus infinity."""
    graph = work.graph
    scores = [graph.take(work.many(step, at).name, [1]) for at in range(len(step.inputs))]
    raw = graph.joined(scores)
    known = graph.add("Where", graph.add("IsNaN", raw), -np.inf, raw)
    none = graph.add("Equal", graph.add("ReduceMax", known, np.array([1])), -np.inf)
    choice = graph.add("Where", none, np.array(-1), graph.add("ArgMax", known, axis=1, keepdims=1))
    bind(step, work, choice, raw, "")
    work.columns[step.outputs[0]] = One(choice, "int64", "double")


def _uncounted(graph: Graph, name: str, *, ones: bool) -> str:
    """Return whether some slot is no count: negative or NaN, or neither 0 nor 1."""
    if ones:
        good = graph.add("Or", graph.add("Equal", name, 1.0), graph.add("Equal", name, 0.0))
    else:
        good = graph.add("GreaterOrEqual", name, 0.0)
    return graph.any(graph.add("Not", good))


def _gaussian(graph: Graph, name: str, step: Step) -> str:
    """Return the scores, added feature by feature: far from the means, another order gives another probability."""
    theta, sigma = (step.arrays[array].astype(np.float64)[None, :, :] for array in ("theta", "sigma"))
    gaps = graph.add("Sub", graph.add("Unsqueeze", name, np.array([1])), theta)
    squares = graph.add("Div", graph.add("Mul", gaps, gaps), sigma)
    total = in_order(graph, squares, axis=2)
    widths, prior = (step.arrays[array].astype(np.float64)[None, :] for array in ("widths", "prior"))
    return graph.add("Sub", prior, graph.add("Mul", graph.add("Add", total, widths), 0.5))
