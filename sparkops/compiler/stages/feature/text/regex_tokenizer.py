"""Compile RegexTokenizer."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.jvm.regex import translate_regex
from sparkops.scoring.text.token_columns import TOKENS


def compile_regex_tokenizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `tokenize_by_pattern` step: text -> words, which the pattern separates or matches.

    Raises:
        ModelError: Python may match the pattern differently from Java.
    """
    translate_regex(saved.params["pattern"])
    params = {
        "pattern": saved.params["pattern"],
        "gaps": bool(saved.params["gaps"]),
        "lower": bool(saved.params["toLowercase"]),
        "shortest": int(saved.params["minTokenLength"]),
    }
    source, target = saved.read_column_pair()
    plan.add_step(saved, "tokenize_by_pattern", [source], [(target, TOKENS)], params=params)
