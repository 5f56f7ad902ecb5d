"""Compile ElementwiseProduct."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import add_affine_transform, require_finite


def compile_elementwise_product(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot times its weight."""
    arrays = {"scale": parse_vector(saved.params["scalingVec"])}
    require_finite(arrays)
    add_affine_transform(saved, plan, arrays)
