"""Compile NaiveBayesModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage, parse_matrix, parse_vector
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays
from sparkops.scoring.ir.arrays import Numbers


def compile_naive_bayes(saved: SavedStage, plan: Plan) -> None:
    """Add a `naive_bayes` step for the saved model type: multinomial, complement, Bernoulli or Gaussian."""
    row, model_type = saved.read_rows()[0], str(saved.params["modelType"])
    prior, theta = parse_vector(row["pi"]), parse_matrix(row["theta"])
    arrays = {"prior": prior, "theta": theta}
    if model_type == "gaussian":
        arrays |= _build_gaussian_arrays(parse_matrix(row["sigma"]))
    elif model_type == "complement":
        arrays["prior"] = np.zeros(len(prior))
    elif model_type == "bernoulli":
        arrays |= _build_bernoulli_arrays(prior, theta)
    if model_type != "gaussian" and not np.isfinite(arrays["theta"]).all():
        raise CannotCompile(
            "a feature has probability 0 in some class (smoothing is 0), so Spark's answer may be NaN"
        )
    params = {"kind": model_type, "classes": len(prior), "features": theta.shape[1]}
    add_classifier(saved, plan, "naive_bayes", params, arrays | read_threshold_arrays(saved))


def _build_gaussian_arrays(sigma: Numbers) -> dict[str, Numbers]:
    """Return variances and, for each class, the sum of their logarithms, added in Spark's order."""
    with np.errstate(all="ignore"):
        return {"sigma": sigma, "widths": np.array([sum(line) for line in np.log(sigma).tolist()])}


def _build_bernoulli_arrays(prior: Numbers, theta: Numbers) -> dict[str, Numbers]:
    """Return weights of the features that are 1; what the others add is part of the prior."""
    with np.errstate(all="ignore"):
        absent = np.log1p(-np.exp(theta))
    return {"theta": theta - absent, "prior": prior + absent.sum(axis=1)}
