"""Compile BucketedRandomProjectionLSHModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_matrix


def compile_bucketed_random_projection_lsh(saved: SavedStage, plan: Plan) -> None:
    """Add a `projection_hash` step: vector -> bucket along each random direction, as vectors of one slot."""
    source, target = saved.read_column_pair()
    directions = parse_matrix(saved.read_rows()[0]["randUnitVectors"])
    plan.find_vector_size(source, directions.shape[1])
    arrays = {"directions": directions, "factor": np.array([1.0 / saved.read_double("bucketLength")])}
    plan.add_step(saved, "projection_hash", [source], [(target, "array<vector>")], arrays=arrays)
