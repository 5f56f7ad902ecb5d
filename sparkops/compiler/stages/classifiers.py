"""Compile support vectors, naive Bayes, perceptrons and factorization machines."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved, dense, matrix

from .shared.predictor import classifier, regressor, thresholds_of


def linear_svc(saved: Saved, plan: Plan) -> None:
    """Compile LinearSVCModel, whose threshold is one of the margin."""
    row = saved.rows()[0]
    arrays = {
        "weights": dense(row["coefficients"]),
        "intercept": np.array([float(row["intercept"])]),
        "threshold": np.array([saved.number("threshold")]),
    }
    params = {"classes": 2, "sparse": row["coefficients"]["type"] == 0}
    classifier(saved, plan, "svc", params, arrays)


def naive_bayes(saved: Saved, plan: Plan) -> None:
    """Compile NaiveBayesModel of every kind."""
    row, kind = saved.rows()[0], str(saved.params["modelType"])
    prior, theta = dense(row["pi"]), matrix(row["theta"])
    arrays: dict[str, Any] = {"prior": prior, "theta": theta}
    if kind == "gaussian":
        sigma = matrix(row["sigma"])
        with np.errstate(all="ignore"):
            arrays |= {"sigma": sigma, "widths": np.array([sum(line) for line in np.log(sigma).tolist()])}
    elif kind == "complement":
        arrays["prior"] = np.zeros(len(prior))
    elif kind == "bernoulli":
        with np.errstate(all="ignore"):
            absent = np.log1p(-np.exp(theta))
        arrays |= {"theta": theta - absent, "prior": prior + absent.sum(axis=1)}
    if kind != "gaussian" and not np.isfinite(arrays["theta"]).all():
        raise Uncompiled(
            "a feature has no chance at all in some class (smoothing 0), so that Spark's answer is no number"
        )
    params = {"kind": kind, "classes": len(prior), "features": theta.shape[1]}
    classifier(saved, plan, "naive_bayes", params, arrays | thresholds_of(saved))


def perceptron(saved: Saved, plan: Plan) -> None:
    """Compile MultilayerPerceptronClassificationModel."""
    row = saved.rows()[0]
    layers = [int(size) for size in row.get("layers") or saved.params["layers"]]
    params = {"layers": layers, "classes": layers[-1], "features": layers[0]}
    classifier(saved, plan, "perceptron", params, {"weights": dense(row["weights"])} | thresholds_of(saved))


def factorization_classifier(saved: Saved, plan: Plan) -> None:
    """Compile FMClassificationModel."""
    params, arrays = _factors(saved)
    params |= {"kind": "classify", "classes": 2}
    classifier(saved, plan, "factorization", params, arrays | thresholds_of(saved))


def factorization_regressor(saved: Saved, plan: Plan) -> None:
    """Compile FMRegressionModel."""
    params, arrays = _factors(saved)
    regressor(saved, plan, "factorization", params | {"kind": "regress", "classes": 0}, arrays)


def _factors(saved: Saved) -> tuple[dict[str, Any], dict[str, Any]]:
    row = saved.rows()[0]
    arrays = {
        "weights": dense(row["linear"]),
        "intercept": np.array([float(row["intercept"])]),
        "factors": matrix(row["factors"]),
    }
    return {"sparse": row["linear"]["type"] == 0}, arrays
