"""Compile VectorSlicer."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.slot_selection import add_slot_selection


def compile_vector_slicer(saved: SavedStage, plan: Plan) -> None:
    """Add a `pick_slots` step: vector -> the slots of the given indices, in the given order."""
    source, target = saved.column_pair()
    if saved.params.get("names"):
        raise CannotCompile("it picks slots by name, and names of slots are not kept: pick them by index")
    add_slot_selection(saved, plan, source, target, saved.params["indices"])
