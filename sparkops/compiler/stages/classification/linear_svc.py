"""Compile LinearSVCModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_vector
from sparkops.compiler.stages.shared.predictor import add_classifier


def compile_linear_svc(saved: SavedStage, plan: Plan) -> None:
    """Add an `svc` step: the margin of the hyperplane, compared with `threshold`. It has no probabilities."""
    row = saved.read_rows()[0]
    arrays = {
        "weights": parse_vector(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "threshold": np.array([saved.read_double("threshold")]),
    }
    params = {"classes": 2, "sparse": is_sparse(row["coefficients"])}
    add_classifier(saved, plan, "svc", params, arrays)
