"""PolynomialExpansion: products of slots of one vector."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.onnx.kernels.vector_layout import add_difference_mask, add_sparse_mask
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.vector.polynomial_expansion import Terms, enumerate_terms


def convert_polynomial_expansion(step: Step, context: GraphContext) -> None:
    """Add the products, those of one degree at once. Rows are not scored if an unknown storage matters."""
    graph, source, storage = context.graph, context.get_features(step), str(step.params["stored"])
    products = enumerate_terms(int(step.params["size"]), int(step.params["degree"]))
    if storage == "unknown":
        result, other = (_add_products(graph, source, products, stored) for stored in ("dense", "sparse"))
        context.exclude(add_difference_mask(graph, result, other))
    else:
        result = _add_products(graph, source, products, storage)
    context.columns[step.outputs[0]] = VectorTensor(result, len(products))


def _add_products(graph: GraphBuilder, source: VectorTensor, products: Terms, storage: str) -> str:
    """Return the products in Spark's order.

    Spark multiplies nothing with a product that is 0, nor with a slot that a sparse vector does not store.
    """
    zero = graph.add("Equal", source.tensor, 0.0)
    unstored = graph.add("And", zero, add_sparse_mask(graph, source, storage))
    by_degree = _group_by_degree(products)
    results = [graph.gather(source.tensor, [products[index][1] for index in by_degree[0]])]
    for indices, lower in zip(by_degree[1:], by_degree, strict=False):
        position = {index: number for number, index in enumerate(lower)}
        base = graph.gather(results[-1], [position[products[index][0]] for index in indices])
        slots = [products[index][1] for index in indices]
        skipped = graph.add("Or", graph.add("Equal", base, 0.0), graph.gather(unstored, slots))
        product = graph.add("Mul", base, graph.gather(source.tensor, slots))
        results.append(graph.add("Where", skipped, 0.0, product))
    order = np.argsort([index for indices in by_degree for index in indices], kind="stable")
    return graph.gather(graph.concat(results), order)


def _group_by_degree(products: Terms) -> list[list[int]]:
    """Return the indices of the products of degree 1, 2, ..."""
    degrees: list[int] = []
    for base, _ in products:
        degrees.append(1 if base < 0 else degrees[base] + 1)
    groups: list[list[int]] = [[] for _ in range(max(degrees))]
    for index, degree in enumerate(degrees):
        groups[degree - 1].append(index)
    return groups
