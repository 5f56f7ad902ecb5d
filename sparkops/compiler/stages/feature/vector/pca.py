"""Compile PCAModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_matrix


def compile_pca(saved: SavedStage, plan: Plan) -> None:
    """Add a `project` step: vector -> its product with each principal component, one row of `directions` each."""
    source, target = saved.read_column_pair()
    directions = np.ascontiguousarray(parse_matrix(saved.read_rows()[0]["pc"]).T)
    plan.find_vector_size(source, directions.shape[1])
    plan.add_step(saved, "project", [source], [(target, "vector")], arrays={"directions": directions})
