"""Compile clusters: k-means, its tree of centres, mixtures of Gaussians; and say why topics are Spark's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.provenance import stored
from sparkops.compiler.saved_stage import Saved, dense, matrix
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output

from .shared.predictor import features_of, predicted

Row = Mapping[str, Any]


def kmeans(saved: Saved, plan: Plan) -> None:
    """Compile KMeansModel."""
    rows = sorted(saved.rows(), key=lambda row: int(row["clusterIdx"]))
    arrays = {"centres": np.array([dense(row["clusterCenter"]) for row in rows])}
    params = {"cosine": saved.params["distanceMeasure"] == "cosine"}
    _cluster(saved, plan, "kmeans", params, arrays)


def bisecting_kmeans(saved: Saved, plan: Plan) -> None:
    """Compile BisectingKMeansModel: its nodes from the root on, parents before children."""
    parts = sorted((saved.folder / "data" / "metadata").glob("part-*"))
    plain = json.loads(parts[0].read_text(encoding="utf-8"))
    nodes = {int(row["index"]): row for row in saved.rows("data/data")}
    order = [int(plain["rootId"])]
    for index in order:
        children = nodes[index]["children"]
        if len(children) not in (0, 2) or len(order) > len(nodes):
            raise Uncompiled("its tree of centres has a form that is not known to this version")
        order += children
    measure = plain.get("distanceMeasure", "euclidean")
    params = {"cosine": measure == "cosine", "stored": stored(plan, saved.params["featuresCol"])}
    _cluster(saved, plan, "bisecting", params, _tree(order, nodes))


def _tree(order: Sequence[int], nodes: Mapping[int, Row]) -> dict[str, Numbers]:
    place = {index: at for at, index in enumerate(order)}
    sides = [[place[child] for child in nodes[index]["children"]] or [place[index]] * 2 for index in order]
    return {
        "centres": np.array([dense(nodes[index]["center"]) for index in order]),
        "left": np.array([left for left, _ in sides], dtype=np.int64),
        "right": np.array([right for _, right in sides], dtype=np.int64),
        "cluster": np.array([max(index, 0) for index in order], dtype=np.int64),
    }


def gaussian_mixture(saved: Saved, plan: Plan) -> None:
    """Compile GaussianMixtureModel: the densities' constants are worked out here, as Spark does when it loads one."""
    row = saved.rows()[0]
    means = [dense(mean) for mean in row["mus"]]
    parts = [_density(matrix(sigma), mean) for sigma, mean in zip(row["sigmas"], means, strict=True)]
    arrays = {
        "weights": np.array(row["weights"], dtype=np.float64),
        "heights": np.array([height for height, _ in parts]),
        "roots": np.array([root for _, root in parts]),
        "shifts": np.array([root @ mean for (_, root), mean in zip(parts, means, strict=True)]),
    }
    prediction, probability = predicted(saved), str(saved.params["probabilityCol"])
    features = features_of(saved, plan, len(means[0]))
    columns = [(prediction, "integer"), (probability, "vector")]
    plan.add(saved, "mixture", [features], columns, arrays=arrays)
    plan.outputs.append(Output(prediction, "integer", prediction, "prediction"))
    if probability:
        plan.outputs.append(Output(probability, "vector", probability, "probability", len(means)))


def _density(sigma: Numbers, mean: Numbers) -> tuple[float, Numbers]:
    """Return the logarithm of a density's factor, and the matrix that whitens its covariance.

    Directions without spread count for nothing: eigenvalues up to a small part of the largest are taken as 0.
    """
    values, vectors = np.linalg.eigh(sigma)
    kept = values > np.finfo(np.float64).eps * values.max() * len(values)
    if not kept.any():
        raise Uncompiled("one of its covariances has no spread in any direction")
    scale = np.zeros(len(values))
    scale[kept] = np.sqrt(1.0 / values[kept])
    height = -0.5 * (len(mean) * np.log(2.0 * np.pi) + np.log(values[kept]).sum())
    return float(height), scale[:, None] * vectors.T


def topics(saved: Saved, plan: Plan) -> None:  # noqa: ARG001
    """Refuse LDA.

    Raises:
        Uncompiled: Always.
    """
    raise Uncompiled("it finds a row's topics by an iteration from random numbers, which only Spark repeats")


def _cluster(saved: Saved, plan: Plan, op: str, params: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Add a step that predicts the number of a cluster."""
    features, prediction = features_of(saved, plan, arrays["centres"].shape[1]), predicted(saved)
    plan.add(saved, op, [features], [(prediction, "integer")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "integer", prediction, "prediction"))
