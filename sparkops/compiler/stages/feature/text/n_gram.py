"""Compile NGram."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.text.token_columns import TOKENS


def compile_n_gram(saved: SavedStage, plan: Plan) -> None:
    """Add an `ngram` step: words -> each run of n neighbouring words, joined by a space."""
    source, target = saved.read_column_pair()
    plan.add_step(saved, "ngram", [source], [(target, TOKENS)], params={"n": int(saved.params["n"])})
