"""Compile FMClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.factorization_machine import read_factorization_machine
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays


def compile_fm_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a `factorization` step of two classes: the margin and its logistic probability."""
    params, arrays = read_factorization_machine(saved)
    params |= {"kind": "classify", "classes": 2}
    add_classifier(saved, plan, "factorization", params, arrays | read_threshold_arrays(saved))
