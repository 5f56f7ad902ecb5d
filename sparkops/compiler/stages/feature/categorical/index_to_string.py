"""Compile IndexToString."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_index_to_string(saved: SavedStage, plan: Plan) -> None:
    """Add an `index_to_string` step, with the stage's own labels or those that its input column was indexed with."""
    source, target = saved.read_column_pair()
    labels = saved.params.get("labels") or plan.labels.get(source) or plan.bucket_labels.get(source)
    if not labels:
        raise CannotCompile(f"it has no labels, and `{source}` brings none")
    plan.require_number_type(source)
    plan.add_step(saved, "index_to_string", [source], [(target, "string")], params={"labels": list(labels)})
