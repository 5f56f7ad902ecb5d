"""Compile GaussianMixtureModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage, parse_matrix, parse_vector
from sparkops.compiler.stages.shared.predictor import read_prediction_column, record_features_column
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output


def compile_gaussian_mixture(saved: SavedStage, plan: Plan) -> None:
    """Add a `mixture` step: the probability of each component, and the index of the most probable one.

    The constants of the densities are computed here, as Spark computes them when it loads a model.
    """
    row = saved.read_rows()[0]
    means = [parse_vector(mean) for mean in row["mus"]]
    densities = [
        _compute_density(parse_matrix(sigma), mean) for sigma, mean in zip(row["sigmas"], means, strict=True)
    ]
    arrays = {
        "weights": np.array(row["weights"], dtype=np.float64),
        "heights": np.array([height for height, _ in densities]),
        "roots": np.array([root for _, root in densities]),
        "shifts": np.array([root @ mean for (_, root), mean in zip(densities, means, strict=True)]),
    }
    prediction, probability = read_prediction_column(saved), str(saved.params["probabilityCol"])
    features = record_features_column(saved, plan, len(means[0]))
    columns = [(prediction, "integer"), (probability, "vector")]
    plan.add_step(saved, "mixture", [features], columns, arrays=arrays)
    plan.add_output(Output(prediction, "integer", prediction, "prediction"))
    if probability:
        plan.add_output(Output(probability, "vector", probability, "probability", len(means)))


def _compute_density(sigma: Numbers, mean: Numbers) -> tuple[float, Numbers]:
    """Return the logarithm of a density's factor, and the whitening matrix of its covariance.

    Directions without variance are left out: eigenvalues up to a small fraction of the largest are taken as 0.
    """
    values, vectors = np.linalg.eigh(sigma)
    positive = values > np.finfo(np.float64).eps * values.max() * len(values)
    if not positive.any():
        raise CannotCompile("one of its covariances has no spread in any direction")
    scale = np.zeros(len(values))
    scale[positive] = np.sqrt(1.0 / values[positive])
    height = -0.5 * (len(mean) * np.log(2.0 * np.pi) + np.log(values[positive]).sum())
    return float(height), scale[:, None] * vectors.T
