"""Compile MinHashLSHModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_min_hash_lsh(saved: SavedStage, plan: Plan) -> None:
    """Add a `min_hash` step: set of non-zero slots -> least hash of each hash function, as vectors of one slot."""
    source, target = saved.read_column_pair()
    plan.find_vector_size(source)
    coefficients = np.array(saved.read_rows()[0]["randCoefficients"], dtype=np.int64).reshape(-1, 2)
    plan.add_step(
        saved, "min_hash", [source], [(target, "array<vector>")], arrays={"coefficients": coefficients}
    )
