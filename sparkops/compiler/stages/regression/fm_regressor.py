"""Compile FMRegressionModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.factorization_machine import read_factorization_machine
from sparkops.compiler.stages.shared.predictor import add_regressor


def compile_fm_regressor(saved: SavedStage, plan: Plan) -> None:
    """Add a `factorization` step: linear terms and pairwise interactions of features -> number."""
    params, arrays = read_factorization_machine(saved)
    add_regressor(saved, plan, "factorization", params | {"kind": "regress", "classes": 0}, arrays)
