"""LogisticRegressionModel, binomial and multinomial."""

from __future__ import annotations

from math import inf, log

from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.kernels.class_decision import bind_classifier, bind_decision, softmax
from sparkops.onnx.kernels.linear_sums import add_logistic, add_margins, append_complement, prepend_negative
from sparkops.scoring.ir.description import Step


def convert_logistic_regression(step: Step, context: GraphContext) -> None:
    """Add the margins, the probabilities and the class."""
    graph, arrays = context.graph, step.arrays
    sums = add_margins(
        graph,
        context.get_features(step),
        arrays["weights"],
        arrays["intercepts"],
        sparse=bool(step.params["sparse"]),
    )
    if step.params["multinomial"]:
        bind_decision(step, context, sums, softmax(graph, sums))
        return
    probability = append_complement(graph, add_logistic(graph, sums, factor=1.0))
    threshold = float(arrays["threshold"][0])
    if step.outputs[2] or not step.outputs[1]:
        is_second = graph.add("Greater", sums, _invert_logistic(threshold))
    else:
        is_second = graph.add("Greater", graph.gather(probability, [1]), threshold)
    bind_classifier(step, context, graph.cast(is_second, "int64"), prepend_negative(graph, sums), probability)


def _invert_logistic(threshold: float) -> float:
    """Return the margin whose probability is a threshold."""
    if threshold in (0.0, 1.0):
        return inf if threshold else -inf
    return log(threshold / (1.0 - threshold))
