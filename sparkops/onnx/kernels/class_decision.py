"""From raw scores and probabilities to a class, as Spark's classifiers choose it."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.scoring.ir.description import Step


def softmax(graph: GraphBuilder, raw: str) -> str:
    """Return the softmax of raw scores.

    The first infinite score takes all, and Spark makes NaN of the other infinite ones.
    """
    powers = graph.add("Exp", graph.add("Sub", raw, graph.add("ReduceMax", raw, np.array([1]))))
    finite = graph.add("Mul", powers, graph.add("Reciprocal", graph.reduce_sum(powers)))
    infinite = graph.add("Equal", raw, np.inf)
    rank = graph.add("CumSum", graph.cast(infinite, "int64"), np.array(1))
    first = graph.add("And", infinite, graph.add("Equal", rank, np.array(1)))
    not_finite = graph.add("Where", first, 1.0, graph.add("Mul", raw, 0.0))
    return graph.add("Where", graph.reduce_any(infinite), not_finite, finite)


def argmax(graph: GraphBuilder, values: str) -> str:
    """Return the index of the first largest value, as Spark finds it: 0 if the first is NaN; other NaN are skipped."""
    nan = graph.add("IsNaN", values)
    index = _emit_argmax_of_numbers(graph, graph.add("Where", nan, -np.inf, values))
    return graph.add("Where", graph.gather(nan, [0]), np.array(0), index)


def bind_decision(step: Step, context: GraphContext, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier; its class has the largest score, or the largest p / threshold."""
    graph = context.graph
    if "thresholds" in step.arrays:
        ratio = graph.add("Div", probability, step.arrays["thresholds"][None, :].astype(np.float64))
        index = _emit_argmax_of_numbers(graph, graph.add("Where", graph.add("IsNaN", ratio), -np.inf, ratio))
    else:
        scores = raw if step.outputs[2] or not step.outputs[1] else probability
        two = step.params["classes"] == 2  # noqa: PLR2004
        index = _emit_second_is_larger(graph, scores) if two else argmax(graph, scores)
    bind_classifier(step, context, index, raw, probability)


def bind_classifier(step: Step, context: GraphContext, index: str, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier.

    Args:
        step: outputs are (prediction, probability, rawPrediction), "" for one that Spark does not make; params:
            classes.
        context: The graph and its columns.
        index: (rows, 1) class as a whole number.
        raw: (rows, classes) raw scores.
        probability: (rows, classes) probabilities.
    """
    classes = int(step.params["classes"])
    context.columns[step.outputs[0]] = ScalarTensor(index, "int64", "double", limit=classes)
    for column, tensor in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            context.columns[column] = VectorTensor(tensor, classes)


def _emit_argmax_of_numbers(graph: GraphBuilder, values: str) -> str:
    return graph.add("ArgMax", values, axis=1, keepdims=1)


def _emit_second_is_larger(graph: GraphBuilder, values: str) -> str:
    return graph.cast(graph.add("Greater", graph.gather(values, [1]), graph.gather(values, [0])), "int64")
