"""How Spark stores a vector, where its answer depends on that: NaN and infinities beside zeros."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many


def is_sparse(graph: Graph, source: Many, stored: str) -> str:
    """Return (rows, 1) or (1, 1): whether Spark stores a vector sparse.

    Args:
        graph: The graph.
        source: The vector.
        stored: "dense", "sparse", or "compressed": whichever takes less room.
    """
    if stored != "compressed":
        return graph.constant(np.array([[stored == "sparse"]]))
    some = graph.sum(graph.cast(graph.add("Not", graph.add("Equal", source.name, 0.0)), "double"))
    room = graph.add("Mul", graph.add("Add", some, 1.0), 1.5)
    return graph.add("Less", room, float(source.size))


def differ(graph: Graph, one: str, other: str) -> str:
    """Return (rows, 1): whether two tensors differ in some slot; NaN is like NaN."""
    same = graph.add("Equal", one, other)
    none = graph.add("And", graph.add("IsNaN", one), graph.add("IsNaN", other))
    return graph.any(graph.add("Not", graph.add("Or", same, none)))
