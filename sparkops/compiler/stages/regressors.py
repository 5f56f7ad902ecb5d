"""Compile generalized linear models, lifetimes and isotonic regression."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved, dense, double
from sparkops.scoring.ir.description import Output

from .shared.predictor import features_of, predicted

_LINKS = {"gaussian": "identity", "binomial": "logit", "poisson": "log", "gamma": "inverse"}
_FAMILIES = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}
_POWERS = {0.0: "log", 1.0: "identity", -1.0: "inverse", 0.5: "sqrt"}


def generalized_linear(saved: Saved, plan: Plan) -> None:
    """Compile GeneralizedLinearRegressionModel of every family and link."""
    row, prediction = saved.rows()[0], predicted(saved)
    link, power, family = _link(saved)
    arrays = {
        "weights": dense(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "power": np.array([power]),
    }
    params = {"family": family, "link": link, "sparse": row["coefficients"]["type"] == 0}
    inputs = [features_of(saved, plan, len(arrays["weights"]))]
    if saved.params.get("offsetCol"):
        plan.numeric(saved.params["offsetCol"])
        inputs.append(saved.params["offsetCol"])
    sum_ = str(saved.params.get("linkPredictionCol", ""))
    columns = [(prediction, "double"), (sum_, "double")]
    plan.add(saved, "glm", inputs, columns, params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
    if sum_:
        plan.outputs.append(Output(sum_, "double", sum_, "column"))


def _link(saved: Saved) -> tuple[str, float, str]:
    """Return the link's name, the exponent back from it, and what the family allows.

    A family's own link stands where none was set; a Tweedie family is known by its power, and so is its link.
    """
    given, family = saved.extra["paramMap"], str(saved.params["family"]).lower()
    tweedie = family == "tweedie"
    spread = double(saved.params["variancePower"]) if tweedie else 0.0
    if tweedie:
        family = _FAMILIES.get(spread, "tweedie")
    allowed = family if family in ("gaussian", "binomial") else "positive"
    if tweedie and "linkPower" in given:
        return (*_power(double(given["linkPower"])), allowed)
    if not tweedie and "link" in given:
        return str(given["link"]).lower(), 1.0, allowed
    if family == "tweedie":
        return "power", 1.0 / (1.0 - spread), allowed
    return _LINKS[family], 1.0, allowed


def _power(power: float) -> tuple[str, float]:
    return (_POWERS[power], 1.0) if power in _POWERS else ("power", 1.0 / power)


def survival(saved: Saved, plan: Plan) -> None:
    """Compile AFTSurvivalRegressionModel, its quantiles too."""
    row, prediction = saved.rows()[0], predicted(saved)
    quantiles, scale = str(saved.params.get("quantilesCol", "")), float(row["scale"])
    chances = np.array(saved.params["quantileProbabilities"], dtype=np.float64)
    arrays = {
        "weights": dense(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "factors": np.exp(np.log(-np.log(1.0 - chances)) / (1.0 / scale)),
    }
    features = features_of(saved, plan, len(arrays["weights"]))
    columns = [(prediction, "double"), (quantiles, "vector")]
    params = {"sparse": row["coefficients"]["type"] == 0}
    plan.truths.add(saved.params["censorCol"])
    plan.add(saved, "survival", [features], columns, params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
    if quantiles:
        plan.outputs.append(Output(quantiles, "vector", quantiles, "column", len(chances)))


def isotonic(saved: Saved, plan: Plan) -> None:
    """Compile IsotonicRegressionModel, of a double or of one slot of a vector."""
    row, prediction, source = saved.rows()[0], predicted(saved), str(saved.params["featuresCol"])
    kind = plan.kind(source)
    if kind not in ("double", "vector"):
        raise Uncompiled(f"it needs doubles or vectors in `{source}`, which is {kind}")
    places = np.array(row["boundaries"], dtype=np.float64)
    if not (np.diff(places) > 0.0).all():
        raise Uncompiled("it has two answers at one place, and Spark does not say which it gives")
    if kind == "vector":
        plan.vector(source)
    plan.truths.add(saved.params["labelCol"])
    arrays = {"places": places, "answers": np.array(row["predictions"], dtype=np.float64)}
    params = {"feature": int(saved.params["featureIndex"])}
    plan.add(saved, "isotonic", [source], [(prediction, "double")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
