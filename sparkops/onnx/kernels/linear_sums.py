"""Weighted sums, sums in order, and the functions of doubles that Spark and ONNX write differently."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, Work
from sparkops.scoring.ir.arrays import Numbers


def margins(work: Work, source: Many, weights: Numbers, intercepts: Numbers, *, sparse: bool) -> str:
    """Return (rows, sums): weights . vector + intercept.

    Args:
        work: The graph.
        source: The features.
        weights: (sums, slots).
        intercepts: (sums).
        sparse: Spark never looks at a slot of weight 0, be it NaN or infinite.
    """
    kept = weights != 0.0
    if not sparse or bool(kept.all()):
        return work.graph.product(source.name, weights, intercepts)
    if bool((kept == kept[0]).all()):
        return _some(work.graph, source.name, weights, intercepts, np.flatnonzero(kept[0]))
    pairs = [(weights[at : at + 1], intercepts[at : at + 1]) for at in range(len(weights))]
    found = [_some(work.graph, source.name, *pair, np.flatnonzero(pair[0][0])) for pair in pairs]
    return work.graph.joined(found)


def _some(graph: Graph, name: str, weights: Numbers, intercepts: Numbers, slots: Numbers) -> str:
    if not len(slots):
        return graph.add("Add", zeros(graph, name), intercepts)
    return graph.product(graph.take(name, slots), weights[:, slots], intercepts)


def zeros(graph: Graph, name: str) -> str:
    """Return (rows, 1) zeros, of as many rows as a tensor of doubles with at least one slot has."""
    never = graph.add("Greater", graph.take(name, [0]), np.inf)
    return graph.cast(never, "double")


def in_order(graph: Graph, name: str, axis: int = 1) -> str:
    """Return the sum of an axis, which is left out, added from its first number on as Spark does."""
    return graph.add("Gather", graph.add("CumSum", name, np.array(axis)), np.array(-1), axis=axis)


def logistic(graph: Graph, name: str, *, times: float = -1.0) -> str:
    """Return 1 / (1 + exp(times * value)); times is -1 or less for the rising one."""
    power = graph.add("Neg", name) if times == -1.0 else name
    power = graph.add("Mul", name, times) if times not in (1.0, -1.0) else power
    return graph.add("Reciprocal", graph.add("Add", graph.add("Exp", power), 1.0))


def both(graph: Graph, low: str) -> tuple[str, str]:
    """Return a probability and what is left to 1."""
    return low, graph.add("Sub", 1.0, low)
