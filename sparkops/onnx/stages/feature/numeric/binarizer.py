"""Binarizer: 1 above a threshold, else 0."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_binarizer(step: Step, context: GraphContext) -> None:
    """Add one comparison."""
    if isinstance(context.columns.get(step.inputs[0]), VectorTensor):
        _binarize_vector(step, context)
    else:
        _binarize_scalar(step, context)


def _binarize_vector(step: Step, context: GraphContext) -> None:
    """Compare each slot; Spark tests `<=` if the threshold is negative, so that NaN gives 1."""
    graph, source, threshold = context.graph, context.get_features(step), float(step.arrays["threshold"][0])
    if threshold >= 0.0:
        above = graph.add("Greater", source.tensor, threshold)
    else:
        above = graph.add("Not", graph.add("LessOrEqual", source.tensor, threshold))
    context.columns[step.outputs[0]] = VectorTensor(graph.cast(above, "double"), source.size)


def _binarize_scalar(step: Step, context: GraphContext) -> None:
    graph, source, threshold = context.graph, context.get_scalar(step), float(step.arrays["threshold"][0])
    above = graph.add("Greater", context.to_double(source), threshold)
    if source.null is not None:
        above = graph.add("And", above, graph.add("Not", source.null))
    context.columns[step.outputs[0]] = ScalarTensor(graph.cast(above, "int64"), "int64", "double", limit=2)
