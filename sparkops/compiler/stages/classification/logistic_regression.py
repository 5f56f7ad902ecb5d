"""Compile LogisticRegressionModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_matrix, parse_vector
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays


def compile_logistic_regression(saved: SavedStage, plan: Plan) -> None:
    """Add a `logistic` step: one margin and a threshold if binomial, a softmax over the margins if multinomial."""
    row = saved.read_rows()[0]
    multinomial = bool(row["isMultinomial"])
    arrays = {
        "weights": parse_matrix(row["coefficientMatrix"]),
        "intercepts": parse_vector(row["interceptVector"]),
    }
    params = {
        "multinomial": multinomial,
        # A model fitted on labels that are all 0 has one class, but still two scores and probabilities.
        "classes": int(row["numClasses"]) if multinomial else 2,
        "sparse": is_sparse(row["coefficientMatrix"]),
    }
    arrays |= (
        read_threshold_arrays(saved) if multinomial else {"threshold": np.array([_convert_threshold(saved)])}
    )
    add_classifier(saved, plan, "logistic", params, arrays)


def _convert_threshold(saved: SavedStage) -> float:
    """Return the threshold of the second class's probability, converted from `thresholds` as Spark does."""
    thresholds = saved.params.get("thresholds")
    if not thresholds:
        return saved.read_double("threshold")
    first, second = map(float, thresholds)
    return 1.0 / (1.0 + first / second) if second else 0.0
