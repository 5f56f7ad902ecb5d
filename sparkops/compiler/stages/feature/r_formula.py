"""Compile what RFormula fits: a pipeline of common stages, two helpers of its own, and the name of the label."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import Saved


def r_formula(saved: Saved, plan: Plan) -> None:
    """Compile RFormulaModel after its inner stages: the label, which scoring does not need, is only named."""
    plan.types.setdefault(str(saved.params["labelCol"]), "double")
    plan.truths.add(str(saved.params["labelCol"]))


def column_pruner(saved: Saved, plan: Plan) -> None:
    """Compile ColumnPruner: the columns between are forgotten."""
    for name in saved.rows()[0]["columnsToPrune"]:
        plan.types.pop(name, None)
        plan.labels.pop(name, None)


def attribute_rewriter(saved: Saved, plan: Plan) -> None:
    """Compile VectorAttributeRewriter: it names slots, and changes no number."""
    plan.kind(str(saved.rows()[0]["vectorCol"]))
