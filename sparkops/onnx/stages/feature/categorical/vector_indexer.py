"""VectorIndexerModel: slots that hold few values to the index of their value."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.onnx.kernels.vector_layout import add_sparse_mask
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def convert_vector_indexer(step: Step, context: GraphContext) -> None:
    """Add one comparison of all categorical slots with all their values."""
    graph, source, slots = context.graph, context.get_features(step), step.arrays["slots"].astype(np.int64)
    if not len(slots):
        context.columns[step.outputs[0]] = VectorTensor(source.tensor, source.size)
        return
    known = _list_known_values(step)
    values = graph.gather(source.tensor, slots)
    hit = graph.add("Equal", graph.add("Unsqueeze", values, np.array([2])), known[None, :, :])
    seen = graph.add("ReduceMax", hit, np.array([2]), keepdims=0)
    hit_index = graph.cast(graph.add("ArgMax", graph.cast(hit, "int64"), axis=2, keepdims=0), "double")
    without_zero = ~(known == 0.0).any(axis=1)
    if without_zero.any():
        seen = _accept_sparse_zeros(step, context, source, values, seen, without_zero)
    counts = np.diff(step.arrays["starts"].astype(np.int64)).astype(np.float64)
    index = graph.add("Where", seen, hit_index, counts[None, :])
    if step.params["invalid"] != "keep":
        context.exclude(graph.reduce_any(graph.add("Not", seen)))
    order = np.arange(source.size)
    order[slots] = source.size + np.arange(len(slots))
    result = graph.gather(graph.concat([source.tensor, index]), order)
    context.columns[step.outputs[0]] = VectorTensor(result, source.size)


def _list_known_values(step: Step) -> Numbers:
    """Return (slots, values) the values of each slot in the order of their indices, padded with NaN."""
    starts, values = step.arrays["starts"].astype(np.int64).tolist(), step.arrays["values"].astype(np.float64)
    of_slots = [values[first:last] for first, last in pairwise(starts)]
    table = np.full((len(of_slots), max(1, *map(len, of_slots))), np.nan)
    for row, of_slot in zip(table, of_slots, strict=True):
        row[: len(of_slot)] = of_slot
    return table


def _accept_sparse_zeros(
    step: Step, context: GraphContext, source: VectorTensor, values: str, seen: str, without_zero: Numbers
) -> str:
    """Return which values are known if an unseen 0 of a sparse vector counts as the first category, as in Spark.

    Args:
        step: The step.
        context: The graph and its columns.
        source: The vector.
        values: Its categorical slots.
        seen: Which of them hold a known value.
        without_zero: Slots that were never 0 in training.
    """
    graph, storage = context.graph, str(step.params["stored"])
    unseen_zero = graph.add("And", graph.add("Equal", values, 0.0), without_zero[None, :])
    if storage == "unknown":
        context.exclude(graph.reduce_any(unseen_zero))
        return seen
    return graph.add("Or", seen, graph.add("And", unseen_zero, add_sparse_mask(graph, source, storage)))
