"""Compile DecisionTreeRegressionModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import add_regressor
from sparkops.compiler.stages.shared.tree_ensemble import (
    add_column,
    add_tree_leaves,
    build_tree_arrays,
    build_tree_params,
    compute_leaf_variance,
    read_leaf_prediction,
    sort_nodes,
)
from sparkops.scoring.ir.description import Output


def compile_decision_tree_regressor(saved: SavedStage, plan: Plan) -> None:
    """Add a step for the prediction, and one each for the variance and the leaf index if their columns are set."""
    nodes = sort_nodes(saved.read_rows())
    params, variance = build_tree_params(saved, "regress"), str(saved.params.get("varianceCol", ""))
    add_regressor(saved, plan, "trees", params, build_tree_arrays([nodes], [1.0], read_leaf_prediction))
    if variance:
        arrays = build_tree_arrays([nodes], [1.0], compute_leaf_variance)
        add_column(saved, plan, "trees", Output(variance, "double", variance, "column"), params, arrays)
    add_tree_leaves(saved, plan, [nodes])
