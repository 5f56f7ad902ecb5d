"""Interaction: products of slots of several columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.onnx.kernels.vector_layout import add_difference_mask, add_sparse_mask
from sparkops.scoring.ir.description import Step

Factors = tuple[str, str]
"""Values (rows, positions), and which of them are active: Spark multiplies only these."""


def convert_interaction(step: Step, context: GraphContext) -> None:
    """Add the one-hot positions of each column and their products; rows are not scored if unknown storage matters."""
    graph, storage = context.graph, [str(stored) for stored in step.params["stored"]]
    columns = [_get_input_vector(step, context, index) for index in range(len(step.inputs))]
    if "unknown" in storage:
        result, other = (
            _add_products(
                step, context, columns, [assumed if stored == "unknown" else stored for stored in storage]
            )
            for assumed in ("dense", "sparse")
        )
        context.exclude(add_difference_mask(graph, result, other))
    else:
        result = _add_products(step, context, columns, storage)
    size = prod(sum(max(1, count) for count in counts) for counts in step.params["sizes"])
    context.columns[step.outputs[0]] = VectorTensor(result, size)


def _get_input_vector(step: Step, context: GraphContext, index: int) -> VectorTensor:
    """Return an input, a scalar as a vector of one slot; rows where it is null are not scored."""
    if isinstance(context.columns.get(step.inputs[index]), VectorTensor):
        return context.get_features(step, index)
    scalar = context.get_scalar(step, index)
    if scalar.null is not None:
        context.exclude(scalar.null)
    return VectorTensor(context.to_double(scalar), 1)


def _add_products(
    step: Step, context: GraphContext, columns: Sequence[VectorTensor], storage: Sequence[str]
) -> str:
    """Return the products, the positions of the last column changing fastest."""
    result: Factors | None = None
    triples = zip(columns, step.params["sizes"], storage, strict=True)
    for column, category_counts, stored in reversed(list(triples)):
        factors = _add_factors(context, column, category_counts, stored)
        result = factors if result is None else _add_outer_product(context.graph, factors, result)
    assert result is not None
    values, active = result
    return context.graph.add("Where", active, values, 0.0)


def _add_outer_product(graph: GraphBuilder, left: Factors, right: Factors) -> Factors:
    left_values, left_active = (graph.add("Unsqueeze", tensor, np.array([2])) for tensor in left)
    right_values, right_active = (graph.add("Unsqueeze", tensor, np.array([1])) for tensor in right)
    products = graph.add("Mul", right_values, left_values)
    active = graph.add("And", right_active, left_active)
    return graph.add("Flatten", products, axis=1), graph.add("Flatten", active, axis=1)


def _add_factors(
    context: GraphContext, column: VectorTensor, category_counts: Sequence[int], storage: str
) -> Factors:
    """Return a number as it is, and a category one-hot; rows with an invalid category are not scored."""
    graph = context.graph
    zero = graph.add("Equal", column.tensor, 0.0)
    stored = graph.add("Not", graph.add("And", zero, add_sparse_mask(graph, column, storage)))
    all_values, all_active = [], []
    for slot, count in enumerate(category_counts):
        value, active = graph.gather(column.tensor, [slot]), graph.gather(stored, [slot])
        if count > 1:
            hit = graph.add("Equal", value, np.arange(count, dtype=np.float64)[None, :])
            context.exclude(graph.add("And", active, graph.add("Not", graph.reduce_any(hit))))
            value, active = graph.cast(hit, "double"), graph.add("And", hit, active)
        all_values.append(value)
        all_active.append(active)
    return graph.concat(all_values), graph.concat(all_active)
