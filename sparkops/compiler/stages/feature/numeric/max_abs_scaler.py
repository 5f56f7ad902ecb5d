"""Compile MaxAbsScalerModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import (
    add_affine_transform,
    compute_reciprocals,
    require_finite,
)


def compile_max_abs_scaler(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot times the reciprocal of its largest absolute value, unchanged if that is 0."""
    arrays = {"scale": compute_reciprocals(parse_vector(saved.read_rows()[0]["maxAbs"]), of_zero=1.0)}
    require_finite(arrays)
    add_affine_transform(saved, plan, arrays)
