"""Compile VectorAssembler."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.ir.field import NUMERIC_TYPES

_ASSEMBLED = frozenset({*NUMERIC_TYPES, "boolean", "vector"})


def compile_vector_assembler(saved: SavedStage, plan: Plan) -> None:
    """Add an `assemble` step: numbers and vectors -> one vector of their slots in order."""
    inputs = saved.params["inputCols"]
    for source in inputs:
        # A decimal is held as the double that Spark assembles.
        if plan.types.get(source, "").startswith("decimal("):
            continue
        if plan.find_column_type(source) not in _ASSEMBLED:
            raise CannotCompile(f"it assembles `{source}`, which is {plan.find_column_type(source)}")
    params = {"invalid": saved.params["handleInvalid"]}
    plan.add_step(saved, "assemble", inputs, [(saved.params["outputCol"], "vector")], params=params)
