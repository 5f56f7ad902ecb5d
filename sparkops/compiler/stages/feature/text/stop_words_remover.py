"""Compile StopWordsRemover."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.text.token_columns import TOKENS

# Languages for which Java has special rules of lower case.
_LOCALES_WITH_OWN_CASE = frozenset(("tr", "az", "lt", "th"))


def compile_stop_words_remover(saved: SavedStage, plan: Plan) -> None:
    """Add a `remove_words` step for each column: words -> words without the stop words."""
    exact, locale = bool(saved.params["caseSensitive"]), str(saved.params["locale"])
    if not exact and locale.lower() in _LOCALES_WITH_OWN_CASE:
        raise CannotCompile(f"it ignores case by the rules of the locale `{locale}`")
    params = {"words": list(saved.params["stopWords"]), "exact": exact}
    for source, target in saved.read_column_pairs():
        plan.add_step(saved, "remove_words", [source], [(target, TOKENS)], params=params)
