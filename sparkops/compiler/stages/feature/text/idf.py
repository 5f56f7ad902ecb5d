"""Compile IDFModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import add_affine_transform


def compile_idf(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot times its inverse document frequency."""
    add_affine_transform(saved, plan, {"scale": parse_vector(saved.read_rows()[0]["idf"])})
