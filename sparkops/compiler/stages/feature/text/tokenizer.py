"""Compile Tokenizer."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.text.token_columns import TOKENS


def compile_tokenizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `tokenize` step: text -> words in lower case, split at white space."""
    source, target = saved.read_column_pair()
    plan.add_step(saved, "tokenize", [source], [(target, TOKENS)])
