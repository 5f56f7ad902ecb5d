"""LinearSVCModel: whether the margin is above a threshold."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.kernels.class_decision import bind_classifier
from sparkops.onnx.kernels.linear_sums import add_margin, prepend_negative
from sparkops.scoring.ir.description import Step


def convert_linear_svc(step: Step, context: GraphContext) -> None:
    """Add the margin and the class."""
    graph, raw = context.graph, add_margin(step, context)
    index = graph.cast(graph.add("Greater", raw, float(step.arrays["threshold"][0])), "int64")
    bind_classifier(step, context, index, prepend_negative(graph, raw), probability="")
