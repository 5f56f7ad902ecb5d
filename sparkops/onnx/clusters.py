"""Clusters: the nearest centre, down a tree of centres, and mixtures of Gaussians."""

from __future__ import annotations

from sys import float_info

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.class_decision import largest
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def kmeans(step: Step, work: Work) -> None:
    """Write every distance and the choice; the first of equally near centres is taken."""
    graph, source = work.graph, work.features(step)
    centres = step.arrays["centres"].astype(np.float64)
    if step.params["cosine"]:
        norm = _norm(work, source)
        units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        dots = graph.product(source.name, units)
        far = graph.add("Sub", 1.0, graph.add("Div", dots, norm))
    else:
        far = _squared(graph, source, centres)
        work.leave(graph.any(graph.add("IsNaN", source.name)))
    known = graph.add("Where", graph.add("IsNaN", far), np.inf, far)
    nearest = graph.add("ArgMin", known, axis=1, keepdims=1)
    work.columns[step.outputs[0]] = One(nearest, "int64", "integer", limit=len(centres))


def bisecting(step: Step, work: Work) -> None:
    """Write every distance, and the way down as many times as the tree is deep: of two children the nearer."""
    graph, source, arrays = work.graph, work.features(step), step.arrays
    centres = arrays["centres"].astype(np.float64)
    if step.params["cosine"]:
        norm = _norm(work, source)
        lengths = np.linalg.norm(centres, axis=1)[None, :]
        dots = graph.product(source.name, centres)
        far = graph.add("Sub", 1.0, graph.add("Div", graph.add("Div", dots, lengths), norm))
    else:
        far = _squared(graph, source, centres)
        length = graph.sum(graph.add("Mul", source.name, source.name))
        work.leave(graph.add("Not", graph.add("Less", length, np.inf)))
    left, right = (arrays[side].astype(np.int64) for side in ("left", "right"))
    pairs = (graph.take(far, side) for side in (right, left))
    child = graph.add("Where", graph.add("Less", *pairs), right[None, :], left[None, :])
    node = graph.take(child, [0])
    for _ in range(_depth(left, right) - 1):
        node = graph.add("GatherElements", child, node, axis=1)
    found = graph.add("Gather", arrays["cluster"].astype(np.int64), node)
    limit = int(arrays["cluster"].max()) + 1
    work.columns[step.outputs[0]] = One(found, "int64", "integer", limit=limit)


def mixture(step: Step, work: Work) -> None:
    """Write how likely each Gaussian made the row, and the likeliest."""
    graph, source = work.graph, work.features(step)
    weights, heights, roots, shifts = (
        step.arrays[name].astype(np.float64) for name in ("weights", "heights", "roots", "shifts")
    )
    count, size = shifts.shape
    flat = graph.product(source.name, roots.reshape(count * size, size))
    turned = graph.add("Reshape", flat, np.array([-1, count, size]))
    gaps = graph.add("Sub", shifts[None, :, :], turned)
    apart = graph.sum(graph.add("Mul", gaps, gaps), axis=2, keep=False)
    powers = graph.add("Exp", graph.add("Sub", heights[None, :], graph.add("Mul", apart, 0.5)))
    likely = graph.add("Add", graph.add("Mul", powers, weights[None, :]), float_info.epsilon)
    shares = graph.add("Div", likely, graph.sum(likely))
    prediction, probability = step.outputs
    if probability:
        work.columns[probability] = Many(shares, count)
    if prediction:
        work.columns[prediction] = One(largest(graph, shares), "int64", "integer", limit=count)


def _squared(graph: Graph, source: Many, points: Numbers) -> str:
    """Return (rows, points) squared distances."""
    gaps = graph.add("Sub", graph.add("Unsqueeze", source.name, np.array([1])), points[None, :, :])
    return graph.sum(graph.add("Mul", gaps, gaps), axis=2, keep=False)


def _norm(work: Work, source: Many) -> str:
    """Return the length of each vector; one of no length, or NaN, has no answer."""
    graph = work.graph
    norm = graph.add("Sqrt", graph.sum(graph.add("Mul", source.name, source.name)))
    work.leave(graph.add("Not", graph.add("Greater", norm, 0.0)))
    return norm


def _depth(left: Numbers, right: Numbers) -> int:
    """Return the steps from the root to the deepest cluster, at least 1."""
    depth = np.zeros(len(left), dtype=np.int64)
    for at in range(len(left)):  # children come after their parents
        if left[at] != at:
            depth[[left[at], right[at]]] = depth[at] + 1
    return max(1, int(depth.max()))
