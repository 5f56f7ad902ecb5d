"""Compile OneHotEncoderModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_one_hot_encoder(saved: SavedStage, plan: Plan) -> None:
    """Add a `one_hot` step for each column: category index -> vector with one slot for each category."""
    sizes = saved.read_rows()[0]["categorySizes"]
    keep, drop_last = saved.params["handleInvalid"] == "keep", bool(saved.params["dropLast"])
    for (source, target), size in zip(saved.read_column_pairs(), sizes, strict=True):
        plan.require_number_type(source)
        params = {"categories": int(size), "keep": keep, "drop_last": drop_last}
        plan.add_step(saved, "one_hot", [source], [(target, "vector")], params=params)
