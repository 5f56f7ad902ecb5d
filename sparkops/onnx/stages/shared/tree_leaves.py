"""The leaf of each tree, as `leafCol` gives it."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.onnx.kernels.ensemble_arrays import read_ensemble
from sparkops.onnx.kernels.tree_ensemble import add_category_features, add_tree_ensemble
from sparkops.scoring.ir.description import Step


def convert_tree_leaves(step: Step, context: GraphContext) -> None:
    """Add the trees; each leaf weighs its own number."""
    ensemble = read_ensemble(step)
    features = add_category_features(context.graph, context.get_features(step), ensemble.sets)
    leaves = add_tree_ensemble(
        context.graph, features, ensemble, weights=ensemble.leaves[:, 0], sum_trees=False
    )
    context.columns[step.outputs[0]] = (
        ScalarTensor(leaves, "double", "double")
        if step.params["single"]
        else VectorTensor(leaves, ensemble.trees)
    )
