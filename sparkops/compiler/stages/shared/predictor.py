"""Compile linear and logistic models, and bind what every predictor answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved, dense, matrix
from sparkops.scoring.ir.description import Output


def linear_regression(saved: Saved, plan: Plan) -> None:
    """Compile LinearRegressionModel."""
    row = saved.rows()[0]
    arrays = {"weights": dense(row["coefficients"]), "intercept": np.array([float(row["intercept"])])}
    params = {"sparse": row["coefficients"]["type"] == 0}
    regressor(saved, plan, "linear", params, arrays)


def logistic_regression(saved: Saved, plan: Plan) -> None:
    """Compile LogisticRegressionModel, binomial and multinomial."""
    row = saved.rows()[0]
    arrays = {"weights": matrix(row["coefficientMatrix"]), "intercepts": dense(row["interceptVector"])}
    params = {
        "multinomial": bool(row["isMultinomial"]),
        "classes": int(row["numClasses"]),
        "sparse": row["coefficientMatrix"]["type"] == 0,
    }
    thresholds = saved.params.get("thresholds")
    if row["isMultinomial"]:
        arrays |= {"thresholds": np.array(thresholds, dtype=np.float64)} if thresholds else {}
    else:
        threshold = saved.number("threshold")
        if thresholds:
            first, second = map(float, thresholds)
            threshold = 1.0 / (1.0 + first / second) if second else 0.0
        arrays["threshold"] = np.array([threshold])
    classifier(saved, plan, "logistic", params, arrays)


def regressor(saved: Saved, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Add a step that predicts a number."""
    prediction = predicted(saved)
    features = features_of(saved, plan, _width(params, arrays))
    plan.add(saved, op, [features], [(prediction, "double")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))


def classifier(saved: Saved, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Add a step that predicts a class, with probabilities."""
    prediction, size = predicted(saved), int(params["classes"])
    features = features_of(saved, plan, _width(params, arrays))
    probability, raw = saved.params.get("probabilityCol", ""), saved.params.get("rawPredictionCol", "")
    columns = [(prediction, "double"), (probability, "vector"), (raw, "vector")]
    plan.add(saved, op, [features], columns, params=params, arrays=arrays)
    plan.truths.add(saved.params["labelCol"])
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
    if probability:
        plan.outputs.append(Output(probability, "vector", probability, "probability", size))
    if raw:
        plan.outputs.append(Output(raw, "vector", raw, "rawPrediction", size))


def predicted(saved: Saved) -> str:
    """Return the prediction column.

    Raises:
        Uncompiled: The stage makes none.
    """
    prediction = str(saved.params["predictionCol"])
    if not prediction:
        raise Uncompiled("it makes no prediction column")
    return prediction


def thresholds_of(saved: Saved) -> dict[str, Any]:
    """Return `thresholds` as an array of a step, where they are set."""
    thresholds = saved.params.get("thresholds")
    return {"thresholds": np.array(thresholds, dtype=np.float64)} if thresholds else {}


def _width(params: dict[str, Any], arrays: dict[str, Any]) -> int:
    """Return how many features a predictor was fitted with."""
    return int(params["features"]) if "features" in params else int(arrays["weights"].shape[-1])


def features_of(saved: Saved, plan: Plan, size: int) -> str:
    """Return the column of features, a vector of `size` slots; the label is noted as one that scoring has not."""
    features = str(saved.params["featuresCol"])
    plan.vector(features, size)
    if "labelCol" in saved.params:
        plan.truths.add(saved.params["labelCol"])
    return features
