"""ALSModel: the product of the factors of a user and an item."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import ML
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.linear_sums import sum_in_order
from sparkops.scoring.ir.description import Step

_INT_RANGE = 2**31


def convert_als(step: Step, context: GraphContext) -> None:
    """Add both look-ups and the product, in single precision and in order, as Spark computes it."""
    graph = context.graph
    indices = [_look_up_id(step, context, position, side) for position, side in enumerate(("user", "item"))]
    factors = [
        _gather_factors(step, context, index, side)
        for index, side in zip(indices, ("user", "item"), strict=True)
    ]
    total = graph.add("Unsqueeze", sum_in_order(graph, graph.add("Mul", *factors)), np.array([1]))
    prediction = graph.cast(total, "double")
    if step.params["invalid"] == "skip":
        context.exclude(graph.add("IsNaN", prediction))
    context.columns[step.outputs[0]] = ScalarTensor(prediction, "double", "float", has_nan=True)


def _gather_factors(step: Step, context: GraphContext, index: str, side: str) -> str:
    """Return (rows, rank) factors, NaN for an unknown id."""
    factors = step.arrays[f"{side}_factors"].astype(np.float32)
    unknown = np.full((1, factors.shape[1]), np.nan, dtype=np.float32)
    rows = context.graph.add("Gather", np.concatenate([factors, unknown]), index, axis=0)
    return context.graph.add("Squeeze", rows, np.array([1]))


def _look_up_id(step: Step, context: GraphContext, position: int, side: str) -> str:
    """Return the index of an id, the number of ids for an unknown one; a row without a valid id is not scored."""
    graph, column = context.graph, context.get_scalar(step, position)
    value = context.to_double(column)
    low = graph.add("GreaterOrEqual", value, float(-_INT_RANGE))
    valid = graph.add("And", low, graph.add("Less", value, float(_INT_RANGE)))
    if column.dtype == "double":
        valid = graph.add("And", valid, graph.add("Equal", value, graph.add("Floor", value)))
    if column.null is not None:
        valid = graph.add("And", valid, graph.add("Not", column.null))
    context.exclude(graph.add("Not", valid))
    ids = step.arrays[f"{side}s"].astype(np.int64).tolist()
    integer_id = graph.cast(graph.add("Where", valid, value, 0.0), "int64")
    table = {"keys_int64s": ids, "values_int64s": list(range(len(ids))), "default_int64": len(ids)}
    return graph.add("LabelEncoder", integer_id, domain=ML, **table)
