"""OneVsRestModel: the largest of the classifiers' scores."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.class_decision import bind_classifier
from sparkops.scoring.ir.description import Step


def convert_one_vs_rest(step: Step, context: GraphContext) -> None:
    """Add the choice among the classifiers' second scores; class -1 if none is above minus infinity."""
    graph = context.graph
    raw = graph.concat(
        [graph.gather(context.get_vector(step, index).tensor, [1]) for index in range(len(step.inputs))]
    )
    numbers = graph.add("Where", graph.add("IsNaN", raw), -np.inf, raw)
    has_no_score = graph.add("Equal", graph.add("ReduceMax", numbers, np.array([1])), -np.inf)
    best = graph.add("ArgMax", numbers, axis=1, keepdims=1)
    index = graph.add("Where", has_no_score, np.array(-1), best)
    bind_classifier(step, context, index, raw, probability="")
    context.columns[step.outputs[0]] = ScalarTensor(index, "int64", "double")
