"""Compile RFormulaModel, whose stages are compiled before it, and the two private stages that it adds to them."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_r_formula(saved: SavedStage, plan: Plan) -> None:
    """Declare the label column, which scoring does not need."""
    plan.types.setdefault(str(saved.params["labelCol"]), "double")
    plan.label_columns.add(str(saved.params["labelCol"]))


def compile_column_pruner(saved: SavedStage, plan: Plan) -> None:
    """Forget the intermediate columns."""
    for name in saved.read_rows()[0]["columnsToPrune"]:
        plan.types.pop(name, None)
        plan.labels.pop(name, None)


def compile_vector_attribute_rewriter(saved: SavedStage, plan: Plan) -> None:
    """Check that the column exists: the stage renames slots, and changes no number."""
    plan.find_column_type(str(saved.read_rows()[0]["vectorCol"]))
