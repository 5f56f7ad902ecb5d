"""Compile Interaction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.slot_metadata import find_category_counts
from sparkops.compiler.vector_storage import find_storage_without_zeros
from sparkops.scoring.stages.feature.vector.interaction import MAX_PRODUCTS


def compile_interaction(saved: SavedStage, plan: Plan) -> None:
    """Add an `interact` step: columns -> vector of all products of one slot from each.

    Which slots hold categories follows from the steps that made the columns.
    """
    sources, target = list(saved.params["inputCols"]), saved.params["outputCol"]
    sizes = [_find_category_counts(plan, source) for source in sources]
    if np.prod([len(counts) for counts in sizes], dtype=np.float64) > MAX_PRODUCTS:
        raise CannotCompile(f"it makes more than {MAX_PRODUCTS} products of a row")
    storage = [_find_storage(plan, source) for source in sources]
    for source, counts, stored in zip(sources, sizes, storage, strict=True):
        if stored == "unknown" and max(counts, default=0) > 1:
            raise CannotCompile(
                f"it is not known how Spark stores `{source}`, and its categories depend on that"
            )
    params = {"sizes": [list(counts) for counts in sizes], "stored": storage}
    plan.add_step(saved, "interact", sources, [(target, "vector")], params=params)


def _find_storage(plan: Plan, source: str) -> str:
    return find_storage_without_zeros(plan, source) if plan.find_column_type(source) == "vector" else "dense"


def _find_category_counts(plan: Plan, source: str) -> Sequence[int]:
    if plan.find_column_type(source) == "vector":
        plan.find_vector_size(source)
    else:
        # Spark itself refuses booleans.
        plan.require_number_type(source)
    counts = find_category_counts(plan, source)
    if counts is None:
        raise CannotCompile(f"Spark itself refuses the vectors of `{source}`: their slots have no metadata")
    return counts
