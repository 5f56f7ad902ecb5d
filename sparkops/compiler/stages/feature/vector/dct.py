"""Compile DCT."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.stages.feature.vector.dct import MAX_SLOTS


def compile_dct(saved: SavedStage, plan: Plan) -> None:
    """Add a `dct` step: vector -> its discrete cosine transform, or the inverse, of the same size."""
    source, target = saved.read_column_pair()
    size = plan.find_vector_size(source)
    if size > MAX_SLOTS:
        raise CannotCompile(f"it transforms {size} slots, and at most {MAX_SLOTS} are compiled")
    params = {"size": size, "inverse": bool(saved.params["inverse"])}
    plan.add_step(saved, "dct", [source], [(target, "vector")], params=params)
