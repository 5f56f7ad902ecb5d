"""Compile LinearRegressionModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_vector
from sparkops.compiler.stages.shared.predictor import add_regressor


def compile_linear_regression(saved: SavedStage, plan: Plan) -> None:
    """Add a `linear` step: dot product of features and weights, plus the intercept."""
    row = saved.read_rows()[0]
    arrays = {
        "weights": parse_vector(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
    }
    add_regressor(saved, plan, "linear", {"sparse": is_sparse(row["coefficients"])}, arrays)
