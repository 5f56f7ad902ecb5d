"""Compile GBTClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_classifier, threshold_arrays
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    leaf_prediction,
    read_trees,
    tree_arrays,
    tree_params,
)


def compile_gbt_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a step whose margin is the weighted sum of the trees, and one for the leaf indices if their column is set."""
    trees, weights = read_trees(saved)
    arrays = tree_arrays(trees, weights, leaf_prediction) | threshold_arrays(saved)
    add_classifier(saved, plan, "trees", tree_params(saved, "boost") | {"classes": 2}, arrays)
    add_tree_leaves(saved, plan, trees)
