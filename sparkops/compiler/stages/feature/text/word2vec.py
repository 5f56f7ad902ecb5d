"""Compile Word2VecModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_word2vec(saved: SavedStage, plan: Plan) -> None:
    """Add an `average_words` step: words -> mean of their vectors, of `vectorSize` slots."""
    rows = saved.read_rows()
    if rows and "word" not in rows[0]:
        raise CannotCompile("its vectors are saved in the form of Spark before 2.2")
    source, target = saved.read_column_pair()
    size = int(saved.params["vectorSize"])
    vectors = np.array([row["vector"] for row in rows], dtype=np.float64).reshape(len(rows), size)
    params, arrays = {"words": [row["word"] for row in rows]}, {"vectors": vectors}
    plan.add_step(saved, "average_words", [source], [(target, "vector")], params=params, arrays=arrays)
