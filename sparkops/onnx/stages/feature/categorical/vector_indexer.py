"""Slots of a vector that hold few values, to the index of their value."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sparkops.onnx.graph_context import Many, Work
from sparkops.onnx.kernels.vector_layout import is_sparse
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def vector_index(step: Step, work: Work) -> None:
    """Write one comparison a value, of all slots of categories at once."""
    graph, source, slots = work.graph, work.features(step), step.arrays["slots"].astype(np.int64)
    if not len(slots):
        work.columns[step.outputs[0]] = Many(source.name, source.size)
        return
    known = _known(step)
    given = graph.take(source.name, slots)
    hit = graph.add("Equal", graph.add("Unsqueeze", given, np.array([2])), known[None, :, :])
    seen = graph.add("ReduceMax", hit, np.array([2]), keepdims=0)
    place = graph.cast(graph.add("ArgMax", graph.cast(hit, "int64"), axis=2, keepdims=0), "double")
    lost = ~(known == 0.0).any(axis=1)
    if lost.any():
        seen = _zeros(step, work, source, given, seen, lost)
    counts = np.diff(step.arrays["starts"].astype(np.int64)).astype(np.float64)
    index = graph.add("Where", seen, place, counts[None, :])
    if step.params["invalid"] != "keep":
        work.leave(graph.any(graph.add("Not", seen)))
    order = np.arange(source.size)
    order[slots] = source.size + np.arange(len(slots))
    work.columns[step.outputs[0]] = Many(graph.take(graph.joined([source.name, index]), order), source.size)


def _known(step: Step) -> Numbers:
    """Return (slots, values) the values of each slot in the order of their index, filled up with NaN."""
    starts, values = step.arrays["starts"].astype(np.int64).tolist(), step.arrays["values"].astype(np.float64)
    parts = [values[first:last] for first, last in pairwise(starts)]
    table = np.full((len(parts), max(1, *map(len, parts))), np.nan)
    for row, part in zip(table, parts, strict=True):
        row[: len(part)] = part
    return table


def _zeros(step: Step, work: Work, source: Many, given: str, seen: str, lost: Numbers) -> str:
    """Return which slots are found where a 0 that training did not see is the first category of a sparse vector."""
    graph, stored = work.graph, str(step.params["stored"])
    zero = graph.add("And", graph.add("Equal", given, 0.0), lost[None, :])
    if stored == "unknown":
        work.leave(graph.any(zero))
        return seen
    return graph.add("Or", seen, graph.add("And", zero, is_sparse(graph, source, stored)))
