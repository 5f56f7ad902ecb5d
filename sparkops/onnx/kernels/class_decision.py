"""From raw scores and probabilities to a class, as Spark's classifiers choose it."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.scoring.ir.description import Step


def softmax(graph: Graph, raw: str) -> str:
    """Return probabilities of raw scores; an infinite score takes all, and Spark makes NaN of another."""
    powers = graph.add("Exp", graph.add("Sub", raw, graph.add("ReduceMax", raw, np.array([1]))))
    plain = graph.add("Mul", powers, graph.add("Reciprocal", graph.sum(powers)))
    endless = graph.add("Equal", raw, np.inf)
    first = graph.add("CumSum", graph.cast(endless, "int64"), np.array(1))
    only = graph.add("And", endless, graph.add("Equal", first, np.array(1)))
    strange = graph.add("Where", only, 1.0, graph.add("Mul", raw, 0.0))
    return graph.add("Where", graph.any(endless), strange, plain)


def largest(graph: Graph, values: str) -> str:
    """Return the place of the first largest value; 0 where the first is NaN, and NaN elsewhere is passed over."""
    none = graph.add("IsNaN", values)
    found = _top(graph, graph.add("Where", none, -np.inf, values))
    return graph.add("Where", graph.take(none, [0]), np.array(0), found)


def decide(step: Step, work: Work, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier; its class by the largest score, or by `thresholds`."""
    graph = work.graph
    if "thresholds" in step.arrays:
        ratio = graph.add("Div", probability, step.arrays["thresholds"][None, :].astype(np.float64))
        choice = _top(graph, graph.add("Where", graph.add("IsNaN", ratio), -np.inf, ratio))
    else:
        by = raw if step.outputs[2] or not step.outputs[1] else probability
        choice = _second(graph, by) if step.params["classes"] == 2 else largest(graph, by)  # noqa: PLR2004
    bind(step, work, choice, raw, probability)


def bind(step: Step, work: Work, choice: str, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier.

    Args:
        step: outputs are (prediction, probability, rawPrediction), "" where Spark makes none; params: classes.
        work: The graph.
        choice: (rows, 1) class as a whole number.
        raw: (rows, classes) raw scores.
        probability: (rows, classes) probabilities.
    """
    classes = int(step.params["classes"])
    work.columns[step.outputs[0]] = One(choice, "int64", "double", limit=classes)
    for column, name in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            work.columns[column] = Many(name, classes)


def _top(graph: Graph, values: str) -> str:
    return graph.add("ArgMax", values, axis=1, keepdims=1)


def _second(graph: Graph, values: str) -> str:
    return graph.cast(graph.add("Greater", graph.take(values, [1]), graph.take(values, [0])), "int64")
