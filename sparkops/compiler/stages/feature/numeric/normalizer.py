"""Compile Normalizer."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.vector_storage import find_vector_storage


def compile_normalizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `normalize` step: vector -> the vector divided by its p-norm."""
    source, target = saved.read_column_pair()
    plan.find_vector_size(source)
    params, arrays = {"stored": find_vector_storage(plan, source)}, {"p": np.array([saved.read_double("p")])}
    plan.add_step(saved, "normalize", [source], [(target, "vector")], params=params, arrays=arrays)
