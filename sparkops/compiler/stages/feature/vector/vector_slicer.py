"""Compile VectorSlicer."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.slot_metadata import find_slot_names
from sparkops.compiler.stages.shared.slot_selection import add_slot_selection


def compile_vector_slicer(saved: SavedStage, plan: Plan) -> None:
    """Add a `pick_slots` step: vector -> the slots of the given indices, then those of the given names.

    Both are in the given order.
    """
    source, target = saved.read_column_pair()
    chosen = list(saved.params.get("names") or ())
    slots = list(saved.params["indices"])
    if chosen:
        names = find_slot_names(plan, source)
        if names is None or not set(chosen) <= set(names) or len(set(names)) < len(names):
            raise CannotCompile(
                f"it picks slots of `{source}` by name, and the names that Spark gives them "
                "are not known: pick them by index"
            )
        slots += [names.index(name) for name in chosen]
    add_slot_selection(saved, plan, source, target, slots)
