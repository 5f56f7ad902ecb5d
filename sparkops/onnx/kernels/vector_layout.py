"""Determine whether Spark stores a vector sparse, on which results beside NaN and infinities depend."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import VectorTensor
from sparkops.scoring.kernels.vector_layout import ENTRY_COSTS


def add_sparse_mask(graph: GraphBuilder, source: VectorTensor, storage: str) -> str:
    """Return (rows, 1) or (1, 1): whether Spark stores a vector sparse.

    Args:
        graph: The graph.
        source: The vector.
        storage: "dense", "sparse", or "compressed" or "compact", which is the smaller of the two.
    """
    if storage not in ENTRY_COSTS:
        return graph.add_constant(np.array([[storage == "sparse"]]))
    # In units of 4 bytes: an entry is an index of 4 and a value of 8, a slot of a dense vector is a value of 8.
    nonzero = graph.add("Not", graph.add("Equal", source.tensor, 0.0))
    count = graph.reduce_sum(graph.cast(nonzero, "double"))
    sparse_size = graph.add("Add", graph.add("Mul", count, 3.0), float(ENTRY_COSTS[storage]))
    return graph.add("Less", sparse_size, 2.0 * source.size)


def add_difference_mask(graph: GraphBuilder, one: str, other: str) -> str:
    """Return (rows, 1): whether two tensors differ in some slot; NaN equals NaN."""
    same = graph.add("Equal", one, other)
    both_nan = graph.add("And", graph.add("IsNaN", one), graph.add("IsNaN", other))
    return graph.reduce_any(graph.add("Not", graph.add("Or", same, both_nan)))
