"""Compile ImputerModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_imputer(saved: SavedStage, plan: Plan) -> None:
    """Add an `impute` step for each column: null or the missing value -> surrogate. An output has its input's type."""
    surrogates, missing = saved.read_rows()[0], saved.read_double("missingValue")
    pairs = saved.read_column_pairs()
    plan.require_separate(pairs)
    for source, target in pairs:
        type_ = plan.require_number_type(source)
        plan.replace_column(target)
        arrays = {"surrogate": np.array([float(surrogates[source])]), "missing": np.array([missing])}
        plan.add_step(saved, "impute", [source], [(target, type_)], params={"type": type_}, arrays=arrays)
