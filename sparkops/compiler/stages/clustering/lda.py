"""LDA models, which are scored by Spark."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_lda(saved: SavedStage, plan: Plan) -> None:  # noqa: ARG001
    """Refuse the stage.

    Raises:
        CannotCompile: Always.
    """
    raise CannotCompile(
        "it finds a row's topics by an iteration from random numbers, which only Spark repeats"
    )
