"""BisectingKMeansModel: from the root of a tree of centres to the nearer child, down to a leaf."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.onnx.kernels.distances import add_positive_norm, add_squared_distances
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step


def convert_bisecting_k_means(step: Step, context: GraphContext) -> None:
    """Add all distances, then one descent of all rows for each level of the tree."""
    graph, source, arrays = context.graph, context.get_features(step), step.arrays
    distances = _add_distances(step, context, source)
    left, right = (arrays[side].astype(np.int64) for side in ("left", "right"))
    to_right, to_left = (graph.gather(distances, side) for side in (right, left))
    child = graph.add("Where", graph.add("Less", to_right, to_left), right[None, :], left[None, :])
    node = graph.gather(child, [0])
    for _ in range(_find_depth(left, right) - 1):
        node = graph.add("GatherElements", child, node, axis=1)
    cluster = graph.add("Gather", arrays["cluster"].astype(np.int64), node)
    limit = int(arrays["cluster"].max()) + 1
    context.columns[step.outputs[0]] = ScalarTensor(cluster, "int64", "integer", limit=limit)


def _add_distances(step: Step, context: GraphContext, source: VectorTensor) -> str:
    """Return (rows, nodes) distances; rows that are infinitely far, or have no direction, are not scored."""
    graph, centres = context.graph, step.arrays["centres"].astype(np.float64)
    if step.params["cosine"]:
        norm = add_positive_norm(context, source)
        centre_norms = np.linalg.norm(centres, axis=1)[None, :]
        products = graph.gemm(source.tensor, centres)
        cosine = graph.add("Div", graph.add("Div", products, centre_norms), norm)
        return graph.add("Sub", 1.0, cosine)
    distances = add_squared_distances(graph, source, centres)
    squared_norm = graph.reduce_sum(graph.add("Mul", source.tensor, source.tensor))
    context.exclude(graph.add("Not", graph.add("Less", squared_norm, np.inf)))
    return distances


def _find_depth(left: Numbers, right: Numbers) -> int:
    """Return the number of steps from the root to the deepest leaf, at least 1."""
    depth = np.zeros(len(left), dtype=np.int64)
    # Children come after their parents.
    for node in range(len(left)):
        if left[node] != node:
            depth[[left[node], right[node]]] = depth[node] + 1
    return max(1, int(depth.max()))
