"""Look-up of doubles in a list of known values."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.scoring.ir.arrays import Numbers


def find_indices(graph: GraphBuilder, values: str, known: Numbers) -> str:
    """Return (rows, 1) the index of each value among known doubles; the number of these for any other value."""
    if not len(known):
        return repeat_constant(graph, values, 0)
    hit = graph.add("Equal", values, known[None, :])
    index = graph.add("ArgMax", graph.cast(hit, "int64"), axis=1, keepdims=1)
    return graph.add("Where", graph.reduce_any(hit), index, np.array(len(known)))


def repeat_constant(graph: GraphBuilder, tensor: str, number: int) -> str:
    """Return the same whole number for each row of a tensor."""
    return graph.add("Where", graph.add("Equal", tensor, tensor), np.array(number), np.array(number))
