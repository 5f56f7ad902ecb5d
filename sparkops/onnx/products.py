"""Products of slots: polynomials of one vector, and interactions of several columns; zeros as Spark passes over them."""

from __future__ import annotations

from math import prod

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.vector_layout import differ, is_sparse
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.vector.polynomial_expansion import Terms, terms

Pair = tuple[str, str]
"""Values (rows, places), and which of them Spark looks at."""


def polynomial(step: Step, work: Work) -> None:
    """Write the products, those of as many factors at once."""
    graph, source, stored = work.graph, work.features(step), str(step.params["stored"])
    plan = terms(int(step.params["size"]), int(step.params["degree"]))
    if stored == "unknown":
        found, other = (_powers(graph, source, plan, word) for word in ("dense", "sparse"))
        work.leave(differ(graph, found, other))
    else:
        found = _powers(graph, source, plan, stored)
    work.columns[step.outputs[0]] = Many(found, len(plan))


def interact(step: Step, work: Work) -> None:
    """Write each column's places and their products."""
    graph, stored = work.graph, [str(word) for word in step.params["stored"]]
    columns = [_vector(step, work, at) for at in range(len(step.inputs))]
    if "unknown" in stored:
        words = [["dense" if word == "unknown" else word for word in stored]]
        words.append(["sparse" if word == "unknown" else word for word in stored])
        found, other = (_interacted(step, work, columns, each) for each in words)
        work.leave(differ(graph, found, other))
    else:
        found = _interacted(step, work, columns, stored)
    total = prod(sum(max(1, size) for size in sizes) for sizes in step.params["sizes"])
    work.columns[step.outputs[0]] = Many(found, total)


def _powers(graph: Graph, source: Many, plan: Terms, stored: str) -> str:
    """Return the products in their order; nothing is multiplied with a 0, and a sparse vector has none."""
    zero = graph.add("Equal", source.name, 0.0)
    passed = graph.add("And", zero, is_sparse(graph, source, stored))
    depth: list[int] = []
    for before, _ in plan:
        depth.append(0 if before < 0 else depth[before] + 1)
    levels = [[at for at, deep in enumerate(depth) if deep == level] for level in range(max(depth) + 1)]
    made = [graph.take(source.name, [plan[at][1] for at in levels[0]])]  # 1.0 times the slot
    for level, lower in zip(levels[1:], levels, strict=False):
        place = {at: own for own, at in enumerate(lower)}
        base = graph.take(made[-1], [place[plan[at][0]] for at in level])
        slots = [plan[at][1] for at in level]
        skipped = graph.add("Or", graph.add("Equal", base, 0.0), graph.take(passed, slots))
        product = graph.add("Mul", base, graph.take(source.name, slots))
        made.append(graph.add("Where", skipped, 0.0, product))
    order = np.argsort([at for level in levels for at in level], kind="stable")
    return graph.take(graph.joined(made), order)


def _vector(step: Step, work: Work, at: int) -> Many:
    if isinstance(work.columns.get(step.inputs[at]), Many):
        return work.features(step, at)
    one: One = work.one(step, at)
    if one.null is not None:
        work.leave(one.null)
    return Many(work.double(one), 1)


def _interacted(step: Step, work: Work, columns: list[Many], stored: list[str]) -> str:
    whole: Pair | None = None
    triples = zip(columns, step.params["sizes"], stored, strict=True)
    for column, sizes, word in reversed(list(triples)):
        own = _places(work, column, sizes, word)
        whole = own if whole is None else _outer(work.graph, own, whole)
    assert whole is not None
    return work.graph.add("Where", whole[1], whole[0], 0.0)


def _outer(graph: Graph, own: Pair, later: Pair) -> Pair:
    wide = [graph.add("Unsqueeze", name, np.array([2])) for name in own]
    narrow = [graph.add("Unsqueeze", name, np.array([1])) for name in later]
    made = graph.add("Mul", narrow[0], wide[0]), graph.add("And", narrow[1], wide[1])
    value, seen = (graph.add("Flatten", name, axis=1) for name in made)
    return value, seen


def _places(work: Work, column: Many, sizes: list[int], stored: str) -> Pair:
    """Return a number as it is and a category as one 1 among as many places; a category that is none has no answer."""
    graph = work.graph
    seen = graph.add(
        "Not", graph.add("And", graph.add("Equal", column.name, 0.0), is_sparse(graph, column, stored))
    )
    values, looked = [], []
    for slot, size in enumerate(sizes):
        value, here = graph.take(column.name, [slot]), graph.take(seen, [slot])
        if size > 1:
            hit = graph.add("Equal", value, np.arange(size, dtype=np.float64)[None, :])
            work.leave(graph.add("And", here, graph.add("Not", graph.any(hit))))
            value, here = graph.cast(hit, "double"), graph.add("And", hit, here)
        values.append(value)
        looked.append(here)
    return graph.joined(values), graph.joined(looked)
