"""Compile StandardScalerModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import add_affine_transform, compute_reciprocals
from sparkops.scoring.ir.arrays import Numbers


def compile_standard_scaler(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot minus its mean, times the reciprocal of its deviation, or 0 if that is 0."""
    row = saved.read_rows()[0]
    arrays: dict[str, Numbers] = {}
    if saved.params["withMean"]:
        arrays["shift"] = parse_vector(row["mean"])
    if saved.params["withStd"]:
        arrays["scale"] = compute_reciprocals(parse_vector(row["std"]), of_zero=0.0)
    add_affine_transform(saved, plan, arrays)
