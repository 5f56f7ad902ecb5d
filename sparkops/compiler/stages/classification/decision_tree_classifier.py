"""Compile DecisionTreeClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_classifier, threshold_arrays
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    leaf_counts,
    sort_nodes,
    tree_arrays,
    tree_params,
)


def compile_decision_tree_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a step whose raw scores are the statistics of the leaf, and one for the leaf index if its column is set."""
    nodes = sort_nodes(saved.rows())
    arrays = tree_arrays([nodes], [1.0], leaf_counts) | threshold_arrays(saved)
    add_classifier(saved, plan, "trees", tree_params(saved, "classify"), arrays)
    add_tree_leaves(saved, plan, [nodes])
