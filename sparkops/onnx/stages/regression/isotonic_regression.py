"""IsotonicRegressionModel: linear interpolation between boundaries."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.scoring.ir.description import Step


def convert_isotonic_regression(step: Step, context: GraphContext) -> None:
    """Add the search of the boundaries on both sides, and the line between them."""
    graph, arrays = context.graph, step.arrays
    boundaries, predictions = arrays["places"].astype(np.float64), arrays["answers"].astype(np.float64)
    column, null = context.columns.get(step.inputs[0]), None
    if isinstance(column, ScalarTensor):
        value, null = context.to_double(column), column.null
    else:
        value = graph.gather(context.get_features(step).tensor, [int(step.params["feature"])])
    last = len(boundaries) - 1
    below = graph.reduce_sum(graph.cast(graph.add("Less", boundaries[None, :], value), "int64"))
    # NaN is above all boundaries.
    position = graph.add("Where", graph.add("IsNaN", value), np.array(last + 1), below)
    right = graph.add("Min", position, np.array(last))
    left = graph.add("Max", graph.add("Sub", right, np.array(1)), np.array(0))
    x0, x1 = (graph.add("Gather", boundaries, side) for side in (left, right))
    y0, y1 = (graph.add("Gather", predictions, side) for side in (left, right))
    line = _interpolate(graph, value, (x0, x1), (y0, y1))
    constant = graph.any_of(
        [
            graph.add("Equal", position, np.array(0)),
            graph.add("Equal", position, np.array(last + 1)),
            graph.add("Equal", x1, value),
        ]
    )
    prediction = graph.add("Where", constant, y1, line)
    context.columns[step.outputs[0]] = ScalarTensor(prediction, "double", "double", null, has_nan=True)


def _interpolate(graph: GraphBuilder, value: str, x: tuple[str, str], y: tuple[str, str]) -> str:
    """Return y0 + (y1 - y0) * (value - x0) / (x1 - x0)."""
    rise = graph.add("Mul", graph.add("Sub", y[1], y[0]), graph.add("Sub", value, x[0]))
    return graph.add("Add", y[0], graph.add("Div", rise, graph.add("Sub", x[1], x[0])))
