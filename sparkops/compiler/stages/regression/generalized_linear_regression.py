"""Compile GeneralizedLinearRegressionModel, of every family and link."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_double, parse_vector
from sparkops.compiler.stages.shared.predictor import (
    check_weights,
    read_prediction_column,
    record_features_column,
)
from sparkops.scoring.ir.description import Output

_CANONICAL_LINKS = {"gaussian": "identity", "binomial": "logit", "poisson": "log", "gamma": "inverse"}
_FAMILIES_BY_VARIANCE_POWER = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}
_LINKS_BY_POWER = {0.0: "log", 1.0: "identity", -1.0: "inverse", 0.5: "sqrt"}


def compile_generalized_linear_regression(saved: SavedStage, plan: Plan) -> None:
    """Add a `glm` step: the inverse link of the linear prediction, and the linear prediction if its column is set."""
    row, prediction = saved.read_rows()[0], read_prediction_column(saved)
    link, power, family = _read_link(saved)
    arrays = {
        "weights": parse_vector(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "power": np.array([power]),
    }
    params = {"family": family, "link": link, "sparse": is_sparse(row["coefficients"])}
    inputs = [record_features_column(saved, plan, len(arrays["weights"]))]
    check_weights(plan, inputs[0], arrays)
    if saved.params.get("offsetCol"):
        plan.require_number_type(saved.params["offsetCol"])
        inputs.append(saved.params["offsetCol"])
    linear = str(saved.params.get("linkPredictionCol", ""))
    columns = [(prediction, "double"), (linear, "double")]
    plan.add_step(saved, "glm", inputs, columns, params=params, arrays=arrays)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))
    if linear:
        plan.add_output(Output(linear, "double", linear, "column"))


def _read_link(saved: SavedStage) -> tuple[str, float, str]:
    """Return the link, the exponent of its inverse, and the range that the family allows.

    A family has a canonical link. The variance power of a Tweedie model determines its family and its canonical link.
    """
    explicit, family = saved.metadata["paramMap"], str(saved.params["family"]).lower()
    is_tweedie = family == "tweedie"
    variance_power = parse_double(saved.params["variancePower"]) if is_tweedie else 0.0
    if is_tweedie:
        family = _FAMILIES_BY_VARIANCE_POWER.get(variance_power, "tweedie")
    allowed = family if family in ("gaussian", "binomial") else "positive"
    if is_tweedie and "linkPower" in explicit:
        return (*_choose_power_link(parse_double(explicit["linkPower"])), allowed)
    if not is_tweedie and "link" in explicit:
        return str(explicit["link"]).lower(), 1.0, allowed
    if family == "tweedie":
        return "power", 1.0 / (1.0 - variance_power), allowed
    return _CANONICAL_LINKS[family], 1.0, allowed


def _choose_power_link(power: float) -> tuple[str, float]:
    return (_LINKS_BY_POWER[power], 1.0) if power in _LINKS_BY_POWER else ("power", 1.0 / power)
