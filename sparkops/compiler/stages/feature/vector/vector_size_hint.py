"""Compile VectorSizeHint."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_vector_size_hint(saved: SavedStage, plan: Plan) -> None:
    """Check the size of the vectors once, and add a `vector_size` step that checks for null."""
    source, size, invalid = saved.params["inputCol"], int(saved.params["size"]), saved.params["handleInvalid"]
    actual = plan.find_vector_size(source, size)
    if actual != size:
        raise CannotCompile(f"it needs vectors of {size} slots in `{source}`, which has {actual}")
    if invalid == "optimistic":
        return
    # The output has the input's name.
    del plan.types[source]
    params = {"size": size, "invalid": invalid}
    plan.add_step(saved, "vector_size", [source], [(source, "vector")], params=params)
