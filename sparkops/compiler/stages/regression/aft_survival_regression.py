"""Compile AFTSurvivalRegressionModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_vector
from sparkops.compiler.stages.shared.predictor import read_prediction_column, record_features_column
from sparkops.scoring.ir.description import Output


def compile_aft_survival_regression(saved: SavedStage, plan: Plan) -> None:
    """Add a `survival` step: the expected lifetime, and its quantiles if their column is set.

    A quantile of a Weibull distribution is a constant factor times the expected lifetime.
    """
    row, prediction = saved.read_rows()[0], read_prediction_column(saved)
    quantiles, scale = str(saved.params.get("quantilesCol", "")), float(row["scale"])
    probabilities = np.array(saved.params["quantileProbabilities"], dtype=np.float64)
    arrays = {
        "weights": parse_vector(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "factors": np.exp(np.log(-np.log(1.0 - probabilities)) / (1.0 / scale)),
    }
    features = record_features_column(saved, plan, len(arrays["weights"]))
    columns = [(prediction, "double"), (quantiles, "vector")]
    params = {"sparse": is_sparse(row["coefficients"])}
    plan.label_columns.add(saved.params["censorCol"])
    plan.add_step(saved, "survival", [features], columns, params=params, arrays=arrays)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))
    if quantiles:
        plan.add_output(Output(quantiles, "vector", quantiles, "column", len(probabilities)))
