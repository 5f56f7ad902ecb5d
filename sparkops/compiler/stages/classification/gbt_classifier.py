"""Compile GBTClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    build_tree_arrays,
    build_tree_params,
    read_leaf_prediction,
    read_trees,
)


def compile_gbt_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a step whose margin is the weighted sum of the trees, and one for the leaf indices if their column is set."""
    trees, weights = read_trees(saved)
    arrays = build_tree_arrays(trees, weights, read_leaf_prediction) | read_threshold_arrays(saved)
    add_classifier(saved, plan, "trees", build_tree_params(saved, "boost") | {"classes": 2}, arrays)
    add_tree_leaves(saved, plan, trees)
