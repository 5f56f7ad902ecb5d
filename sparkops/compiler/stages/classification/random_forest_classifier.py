"""Compile RandomForestClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    build_tree_arrays,
    build_tree_params,
    compute_leaf_shares,
    read_trees,
)


def compile_random_forest_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a step that sums the class shares of each tree's leaf, and one for leaf indices if their column is set."""
    trees, weights = read_trees(saved)
    arrays = build_tree_arrays(trees, [1.0] * len(weights), compute_leaf_shares) | read_threshold_arrays(
        saved
    )
    add_classifier(saved, plan, "trees", build_tree_params(saved, "classify"), arrays)
    add_tree_leaves(saved, plan, trees)
