"""Compile KMeansModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.predictor import add_cluster_index


def compile_k_means(saved: SavedStage, plan: Plan) -> None:
    """Add a `kmeans` step: the index of the nearest centre, by Euclidean or cosine distance."""
    rows = sorted(saved.read_rows(), key=lambda row: int(row["clusterIdx"]))
    arrays = {"centres": np.array([parse_vector(row["clusterCenter"]) for row in rows])}
    params = {"cosine": saved.params["distanceMeasure"] == "cosine"}
    add_cluster_index(saved, plan, "kmeans", params, arrays)
