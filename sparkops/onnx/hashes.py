"""Look-ups by number: hashes of slots and projections, and the factors of users and items."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import ML
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.linear_sums import in_order
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.lsh.min_hash_lsh import PRIME

_INTEGER = 2**31


def min_hash(step: Step, work: Work) -> None:
    """Write the least hash of the slots that are not 0; the hash of each slot is known. All 0 has no answer."""
    graph, source = work.graph, work.features(step)
    pairs = step.arrays["coefficients"].astype(np.int64).tolist()
    hashes = [[float((at * a + b) % PRIME) for at in range(1, source.size + 1)] for a, b in pairs]
    zero = graph.add("Equal", source.name, 0.0)
    work.leave(graph.add("Not", graph.any(graph.add("Not", zero))))
    wide = graph.add("Unsqueeze", zero, np.array([1]))
    open_ = graph.add("Where", wide, float(PRIME), np.array(hashes)[None, :, :])
    found = graph.add("ReduceMin", open_, np.array([2]), keepdims=0)
    work.columns[step.outputs[0]] = Many(found, len(pairs), listed=True)


def projection_hash(step: Step, work: Work) -> None:
    """Write one sum a table, and its bucket."""
    graph, directions = work.graph, step.arrays["directions"].astype(np.float64)
    sums = graph.product(work.features(step).name, directions)
    found = graph.add("Floor", graph.add("Mul", sums, float(step.arrays["factor"][0])))
    work.columns[step.outputs[0]] = Many(found, len(directions), listed=True)


def recommend(step: Step, work: Work) -> None:
    """Write both look-ups and the sum, in single precision and in order, as Spark takes it."""
    graph = work.graph
    places = [_place(step, work, at, side) for at, side in enumerate(("user", "item"))]
    rows = []
    for place, side in zip(places, ("user", "item"), strict=True):
        factors = step.arrays[f"{side}_factors"].astype(np.float32)
        none = np.full((1, factors.shape[1]), np.nan, dtype=np.float32)
        known = graph.add("Gather", np.concatenate([factors, none]), place, axis=0)
        rows.append(graph.add("Squeeze", known, np.array([1])))
    total = graph.add("Unsqueeze", in_order(graph, graph.add("Mul", *rows)), np.array([1]))
    found = graph.cast(total, "double")
    if step.params["invalid"] == "skip":
        work.leave(graph.add("IsNaN", found))
    work.columns[step.outputs[0]] = One(found, "double", "float", nan=True)


def _place(step: Step, work: Work, at: int, side: str) -> str:
    """Return where the factors of an id are, their number for an unknown one; what is no id has no answer."""
    graph, column = work.graph, work.one(step, at)
    value = work.double(column)
    good = graph.add(
        "And", graph.add("GreaterOrEqual", value, float(-_INTEGER)), graph.add("Less", value, float(_INTEGER))
    )
    if column.kind == "double":
        good = graph.add("And", good, graph.add("Equal", value, graph.add("Floor", value)))
    if column.null is not None:
        good = graph.add("And", good, graph.add("Not", column.null))
    work.leave(graph.add("Not", good))
    ids = step.arrays[f"{side}s"].astype(np.int64).tolist()
    whole = graph.cast(graph.add("Where", good, value, 0.0), "int64")
    own = {"keys_int64s": ids, "values_int64s": list(range(len(ids))), "default_int64": len(ids)}
    return graph.add("LabelEncoder", whole, domain=ML, **own)
