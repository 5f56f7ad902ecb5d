"""Weighted sums of vectors, sums in Spark's order, and the logistic function."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def add_margin(step: Step, context: GraphContext) -> str:
    """Return (rows, 1) the weighted sum of a linear model; rows without features are not scored."""
    weights, intercept = step.arrays["weights"][None, :], step.arrays["intercept"]
    sparse = bool(step.params["sparse"])
    return add_margins(context.graph, context.get_features(step), weights, intercept, sparse=sparse)


def add_margins(
    graph: GraphBuilder, source: VectorTensor, weights: Numbers, intercepts: Numbers, *, sparse: bool
) -> str:
    """Return (rows, sums): weights . vector + intercept.

    Args:
        graph: The graph.
        source: The features.
        weights: (sums, slots).
        intercepts: (sums).
        sparse: Spark never reads a slot of weight 0, which may hold NaN or infinity.
    """
    nonzero = weights != 0.0
    if not sparse or bool(nonzero.all()):
        return graph.gemm(source.tensor, weights, intercepts)
    if bool((nonzero == nonzero[0]).all()):
        return _add_margins_of_slots(graph, source, weights, intercepts, np.flatnonzero(nonzero[0]))
    sums = [
        _add_margins_of_slots(
            graph,
            source,
            weights[index : index + 1],
            intercepts[index : index + 1],
            np.flatnonzero(nonzero[index]),
        )
        for index in range(len(weights))
    ]
    return graph.concat(sums)


def _add_margins_of_slots(
    graph: GraphBuilder, source: VectorTensor, weights: Numbers, intercepts: Numbers, slots: Numbers
) -> str:
    if not len(slots):
        return graph.add("Add", add_zeros(graph, source), intercepts)
    return graph.gemm(graph.gather(source.tensor, slots), weights[:, slots], intercepts)


def add_zeros(graph: GraphBuilder, source: VectorTensor) -> str:
    """Return (rows, 1) zeros for a vector of at least one slot."""
    never = graph.add("Greater", graph.gather(source.tensor, [0]), np.inf)
    return graph.cast(never, "double")


def sum_in_order(graph: GraphBuilder, tensor: str, axis: int = 1) -> str:
    """Return the sum along an axis, added from first to last as Spark does; the axis is removed."""
    return graph.add("Gather", graph.add("CumSum", tensor, np.array(axis)), np.array(-1), axis=axis)


def add_logistic(graph: GraphBuilder, tensor: str, *, factor: float = -1.0) -> str:
    """Return 1 / (1 + exp(factor * value)); the logistic function by default."""
    power = graph.add("Neg", tensor) if factor == -1.0 else tensor
    power = graph.add("Mul", tensor, factor) if factor not in (1.0, -1.0) else power
    return graph.add("Reciprocal", graph.add("Add", graph.add("Exp", power), 1.0))


def append_complement(graph: GraphBuilder, probability: str) -> str:
    """Return (rows, 2): a probability, and 1 minus it."""
    return graph.concat([probability, graph.add("Sub", 1.0, probability)])


def prepend_negative(graph: GraphBuilder, tensor: str) -> str:
    """Return (rows, 2): the negative of a margin, and the margin; the raw scores of two classes."""
    return graph.concat([graph.add("Neg", tensor), tensor])
