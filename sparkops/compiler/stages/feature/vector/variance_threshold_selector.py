"""Compile VarianceThresholdSelectorModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.slot_selection import add_fitted_selection


def compile_variance_threshold_selector(saved: SavedStage, plan: Plan) -> None:
    """Add a `pick_slots` step: vector -> the slots chosen in training."""
    add_fitted_selection(saved, plan)
