"""Compile CountVectorizerModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_count_vectorizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `count_words` step: words -> sparse vector of counts, one slot for each word of the vocabulary."""
    source, target = saved.read_column_pair()
    params = {"words": list(saved.read_rows()[0]["vocabulary"]), "binary": bool(saved.params["binary"])}
    arrays = {"least": np.array([saved.read_double("minTF")])}
    plan.add_step(saved, "count_words", [source], [(target, "vector")], params=params, arrays=arrays)
