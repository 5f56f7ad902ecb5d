"""The columns that predictors read and write, and the outputs that they add to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.vector_storage import is_summed_in_another_order
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output

# Features near 1 have an error of 1e-16, which such a weight makes 1e-6.
_LARGEST_WEIGHT = 1e10


def add_regressor(
    saved: SavedStage, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Numbers]
) -> None:
    """Add a step that predicts a number."""
    prediction = read_prediction_column(saved)
    features = record_features_column(saved, plan, _count_features(params, arrays))
    check_weights(plan, features, arrays)
    plan.add_step(saved, op, [features], [(prediction, "double")], params=params, arrays=arrays)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))


def add_classifier(
    saved: SavedStage, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Numbers]
) -> None:
    """Add a step that predicts a class, with probabilities; `params` holds the number of classes."""
    prediction, size = read_prediction_column(saved), int(params["classes"])
    features = record_features_column(saved, plan, _count_features(params, arrays))
    check_weights(plan, features, arrays)
    probability, raw = saved.params.get("probabilityCol", ""), saved.params.get("rawPredictionCol", "")
    columns = [(prediction, "double"), (probability, "vector"), (raw, "vector")]
    plan.add_step(saved, op, [features], columns, params=params, arrays=arrays)
    record_class_labels(saved, plan)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))
    if probability:
        plan.add_output(Output(probability, "vector", probability, "probability", size))
    if raw:
        plan.add_output(Output(raw, "vector", raw, "rawPrediction", size))


def check_weights(plan: Plan, features: str, arrays: Mapping[str, Numbers]) -> None:
    """Refuse weights that magnify the last digits of features which Spark sums in another order.

    Such weights are fitted where a feature is always 0 but for rounding.

    Raises:
        CannotCompile: The weights are too large.
    """
    weights = arrays.get("weights")
    largest = float(np.abs(weights).max(initial=0.0)) if weights is not None else 0.0
    if largest > _LARGEST_WEIGHT and is_summed_in_another_order(plan, features):
        raise CannotCompile(
            f"its coefficients of up to {largest:.1g} magnify the last digits of `{features}`, "
            "which Spark sums in another order"
        )


def record_class_labels(saved: SavedStage, plan: Plan) -> None:
    """Record that only training needs the label of a classifier, and the labels of its classes if it was indexed."""
    label = str(saved.params["labelCol"])
    plan.label_columns.add(label)
    if label in plan.labels:
        plan.class_labels[str(saved.params["predictionCol"])] = plan.labels[label]


def add_cluster_index(
    saved: SavedStage, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Numbers]
) -> None:
    """Add a step that predicts the index of a cluster; `arrays` holds the centres."""
    features = record_features_column(saved, plan, arrays["centres"].shape[1])
    prediction = read_prediction_column(saved)
    plan.add_step(saved, op, [features], [(prediction, "integer")], params=params, arrays=arrays)
    plan.add_output(Output(prediction, "integer", prediction, "prediction"))


def read_prediction_column(saved: SavedStage) -> str:
    """Return the prediction column.

    Raises:
        CannotCompile: The stage makes none.
    """
    prediction = str(saved.params["predictionCol"])
    if not prediction:
        raise CannotCompile("it makes no prediction column")
    return prediction


def record_features_column(saved: SavedStage, plan: Plan, size: int) -> str:
    """Return the column of features, and record in the plan its size and that only training needs the label."""
    features = str(saved.params["featuresCol"])
    plan.find_vector_size(features, size)
    if "labelCol" in saved.params:
        plan.label_columns.add(saved.params["labelCol"])
    return features


def read_threshold_arrays(saved: SavedStage) -> dict[str, Numbers]:
    """Return `thresholds` as an array of a step; empty if the parameter is not set."""
    thresholds = saved.params.get("thresholds")
    return {"thresholds": np.array(thresholds, dtype=np.float64)} if thresholds else {}


def _count_features(params: dict[str, Any], arrays: dict[str, Numbers]) -> int:
    """Return how many features a predictor was fitted with."""
    return int(params["features"]) if "features" in params else int(arrays["weights"].shape[-1])
