"""Compile DecisionTreeClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_tree_leaves,
    build_tree_arrays,
    build_tree_params,
    read_leaf_counts,
    sort_nodes,
)


def compile_decision_tree_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a step whose raw scores are the statistics of the leaf, and one for the leaf index if its column is set."""
    nodes = sort_nodes(saved.read_rows())
    arrays = build_tree_arrays([nodes], [1.0], read_leaf_counts) | read_threshold_arrays(saved)
    add_classifier(saved, plan, "trees", build_tree_params(saved, "classify"), arrays)
    add_tree_leaves(saved, plan, [nodes])
