"""Compile Bucketizer, which QuantileDiscretizer fits, too."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_double


def compile_bucketizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `bucketize` step for each column: number -> index of the interval between two splits."""
    several = saved.params.get("inputCols")
    split_lists = saved.params.get("splitsArray") if several else [saved.params["splits"]]
    for (source, target), splits in zip(saved.column_pairs(), split_lists or (), strict=True):
        plan.number_type(source)
        params = {"invalid": saved.params["handleInvalid"]}
        arrays = {"splits": np.array([parse_double(split) for split in splits])}
        plan.add_step(saved, "bucketize", [source], [(target, "double")], params=params, arrays=arrays)
