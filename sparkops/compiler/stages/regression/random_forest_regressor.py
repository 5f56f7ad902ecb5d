"""Compile RandomForestRegressionModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_regressor
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    leaf_prediction,
    read_trees,
    tree_arrays,
    tree_params,
)


def compile_random_forest_regressor(saved: SavedStage, plan: Plan) -> None:
    """Add a step for the mean of the trees, and one for the leaf indices if their column is set."""
    trees, weights = read_trees(saved)
    arrays = tree_arrays(trees, [1.0] * len(weights), leaf_prediction)
    add_regressor(saved, plan, "trees", tree_params(saved, "regress") | {"mean": True}, arrays)
    add_tree_leaves(saved, plan, trees)
