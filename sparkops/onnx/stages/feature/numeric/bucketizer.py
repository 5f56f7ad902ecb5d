"""Bucketizer: a number to the index of its bucket."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.scoring.ir.description import Step


def convert_bucketizer(step: Step, context: GraphContext) -> None:
    """Add one comparison with all splits; rows out of range are not scored, nor NaN unless it is kept."""
    graph, source, invalid = context.graph, context.get_scalar(step), step.params["invalid"]
    splits, value = step.arrays["splits"].astype(np.float64), context.to_double(source)
    last = len(splits) - 1
    nan = graph.add("IsNaN", value)
    if source.null is not None and invalid != "skip":
        nan = graph.add("And", nan, graph.add("Not", source.null))
    if invalid != "keep":
        context.exclude(nan)
    if invalid == "skip" and source.null is not None:
        context.exclude(source.null)
    index = _add_bucket_index(graph, value, splits)
    is_number = graph.add("Not", nan if source.null is None else graph.add("Or", nan, source.null))
    below = graph.add("Less", index, np.array(0))
    above = graph.add("GreaterOrEqual", index, np.array(last))
    context.exclude(graph.add("And", graph.any_of([below, above]), is_number))
    index = graph.add("Where", is_number, index, np.array(last))
    null = source.null if invalid != "skip" else None
    context.columns[step.outputs[0]] = ScalarTensor(
        index, "int64", "double", null, limit=last + (invalid == "keep")
    )


def _add_bucket_index(
    graph: GraphBuilder, value: str, splits: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> str:
    """Return the index of the last split that is not above; the last bucket is closed on the right.

    Java's binary search orders -0.0 before 0.0.
    """
    reached = graph.add("LessOrEqual", splits[None, :], value)
    positive_zeros = (splits == 0.0) & ~np.signbit(splits)
    if positive_zeros.any():
        negative = graph.add("Less", graph.add("Reciprocal", value), 0.0)
        negative_zero = graph.add("And", graph.add("Equal", value, 0.0), negative)
        wrong = graph.add("And", negative_zero, positive_zeros[None, :])
        reached = graph.add("And", reached, graph.add("Not", wrong))
    index = graph.add("Sub", graph.reduce_sum(graph.cast(reached, "int64")), np.array(1))
    at_end = graph.add("Equal", value, float(splits[-1]))
    return graph.add("Where", at_end, np.array(len(splits) - 2), index)
