"""Compile RobustScalerModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import (
    add_affine_transform,
    compute_reciprocals,
    require_finite,
)


def compile_robust_scaler(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot minus its median, times the reciprocal of its quantile range, 0 if that is 0."""
    row = saved.read_rows()[0]
    span = parse_vector(row["range"])
    arrays = {"shift": parse_vector(row["median"])} if saved.params["withCentering"] else {}
    if saved.params["withScaling"]:
        arrays["scale"] = compute_reciprocals(span, of_zero=0.0)
    require_finite(arrays)
    add_affine_transform(saved, plan, arrays, size=len(span))
