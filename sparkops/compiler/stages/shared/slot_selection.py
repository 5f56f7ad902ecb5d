"""Selection of slots of a vector, by index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def add_slot_selection(saved: SavedStage, plan: Plan, source: str, target: str, slots: Sequence[int]) -> None:
    """Add a step that selects slots of `source` in the given order.

    Raises:
        CannotCompile: A slot is out of range.
    """
    size = plan.find_vector_size(source)
    if slots and source in plan.code.columns and not 0 <= min(slots) <= max(slots) < size:
        raise CannotCompile(f"it picks slot {max(slots)} of `{source}`, which has {size} slots")
    arrays = {"slots": np.array(slots, dtype=np.int64)}
    plan.add_step(saved, "pick_slots", [source], [(target, "vector")], arrays=arrays)


def add_fitted_selection(saved: SavedStage, plan: Plan) -> None:
    """Add the step of a fitted selector: the slots that it chose, in ascending order."""
    slots = sorted(saved.read_rows()[0]["selectedFeatures"])
    add_slot_selection(saved, plan, str(saved.params["featuresCol"]), str(saved.params["outputCol"]), slots)
    if "labelCol" in saved.params:
        plan.label_columns.add(saved.params["labelCol"])
