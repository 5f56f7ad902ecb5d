"""Decision trees, random forests and boosted trees: a TreeEnsemble node in double precision, and the class."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.class_decision import bind_decision
from sparkops.onnx.kernels.ensemble_arrays import EnsembleArrays, read_ensemble
from sparkops.onnx.kernels.linear_sums import add_logistic, append_complement, prepend_negative, sum_in_order
from sparkops.onnx.kernels.tree_ensemble import add_category_features, add_tree_ensemble
from sparkops.scoring.ir.description import Step


def convert_tree_prediction(step: Step, context: GraphContext) -> None:
    """Add the trees, the sum of their leaves, and the class of a classifier."""
    graph, ensemble = context.graph, read_ensemble(step)
    features = add_category_features(graph, context.get_features(step), ensemble.sets)
    if step.params["kind"] == "regress":
        total = add_tree_ensemble(graph, features, ensemble, weights=ensemble.leaves[:, 0], sum_trees=True)
        prediction = graph.add("Div", total, float(ensemble.trees)) if step.params["mean"] else total
        context.columns[step.outputs[0]] = ScalarTensor(prediction, "double", "double", has_nan=True)
        return
    total = _sum_leaves(graph, features, ensemble)
    if step.params["kind"] == "boost":
        probability = append_complement(graph, add_logistic(graph, total, factor=2.0))
        bind_decision(step, context, prepend_negative(graph, total), probability)
        return
    bind_decision(step, context, total, _normalize(graph, total))


def _sum_leaves(graph: GraphBuilder, features: str, ensemble: EnsembleArrays) -> str:
    """Return (rows, width) sums of the leaves, added tree by tree: the class may depend on the last digit."""
    index = np.arange(len(ensemble.leaves), dtype=np.float64)
    leaf = graph.cast(add_tree_ensemble(graph, features, ensemble, weights=index, sum_trees=False), "int64")
    return sum_in_order(graph, graph.add("Gather", ensemble.leaves, leaf, axis=0))


def _normalize(graph: GraphBuilder, raw: str) -> str:
    """Return the share of each class; zeros stay zeros."""
    total = graph.reduce_sum(raw)
    is_zero = graph.add("Equal", total, 0.0)
    return graph.add("Where", is_zero, raw, graph.add("Div", raw, total))
