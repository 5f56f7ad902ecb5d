"""Compile linear models, logistic models and clusters, and bind what every predictor answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.models.compile.plan import Plan, Uncompiled
from sparkops.models.compile.saved import Saved, dense, matrix
from sparkops.scoring.description import Output


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


def kmeans(saved: Saved, plan: Plan) -> None:
    """Compile KMeansModel."""
    rows = sorted(saved.rows(), key=lambda row: int(row["clusterIdx"]))
    arrays = {"centres": np.array([dense(row["clusterCenter"]) for row in rows])}
    features, prediction = _features(saved, plan), saved.params["predictionCol"]
    params = {"cosine": saved.params["distanceMeasure"] == "cosine"}
    plan.add(saved, "kmeans", [features], [(prediction, "integer")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "integer", prediction, "prediction"))


def regressor(saved: Saved, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Add a step that predicts a number."""
    prediction = _prediction(saved)
    features = _features(saved, plan)
    if saved.params.get("varianceCol"):
        raise Uncompiled("it makes a column of variances (varianceCol)")
    plan.add(saved, op, [features], [(prediction, "double")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))


def classifier(saved: Saved, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Add a step that predicts a class, with probabilities."""
    prediction, features, size = _prediction(saved), _features(saved, plan), int(params["classes"])
    probability, raw = saved.params.get("probabilityCol", ""), saved.params.get("rawPredictionCol", "")
    columns = [(prediction, "double"), (probability, "vector"), (raw, "vector")]
    plan.add(saved, op, [features], columns, params=params, arrays=arrays)
    plan.truths.add(saved.params["labelCol"])
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
    if probability:
        plan.outputs.append(Output(probability, "vector", probability, "probability", size))
    if raw:
        plan.outputs.append(Output(raw, "vector", raw, "rawPrediction", size))


def _prediction(saved: Saved) -> str:
    prediction = str(saved.params["predictionCol"])
    if not prediction:
        raise Uncompiled("it makes no prediction column")
    if saved.params.get("leafCol"):
        raise Uncompiled("it makes a column of leaf indices (leafCol)")
    return prediction


def _features(saved: Saved, plan: Plan) -> str:
    features = str(saved.params["featuresCol"])
    if plan.kind(features) != "vector":
        raise Uncompiled(f"its features `{features}` are {plan.kind(features)}, not a vector")
    if "labelCol" in saved.params:
        plan.truths.add(saved.params["labelCol"])
    return features
