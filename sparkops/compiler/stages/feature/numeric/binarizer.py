"""Compile Binarizer."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage, parse_double


def compile_binarizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `binarize` step for each column: number, or each slot of a vector -> 1 if above the threshold, else 0."""
    pairs = saved.read_column_pairs()
    thresholds = saved.params.get("thresholds") or [saved.params["threshold"]] * len(pairs)
    for (source, target), saved_threshold in zip(pairs, thresholds, strict=True):
        type_, threshold = plan.find_column_type(source), parse_double(saved_threshold)
        if type_ == "vector":
            plan.find_vector_size(source)
        elif type_ != "double":
            raise CannotCompile(f"it takes doubles or vectors, and `{source}` is {type_}")
        if np.isnan(threshold):
            raise CannotCompile("its threshold is NaN")
        arrays = {"threshold": np.array([threshold])}
        plan.add_step(saved, "binarize", [source], [(target, type_)], arrays=arrays)
