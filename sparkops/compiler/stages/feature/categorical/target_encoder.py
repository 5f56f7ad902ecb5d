"""Compile TargetEncoderModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage

# Keys that Spark adds to the categories: one for null, and one for all rows, whose mean encodes unseen values.
NULL, UNSEEN = -1.0, 2147483647.0


def compile_target_encoder(saved: SavedStage, plan: Plan) -> None:
    """Add a `target_encode` step for each column: category index -> smoothed mean of the target in that category."""
    rows = sorted(saved.read_rows(), key=lambda row: int(row["index"]))
    pairs = _read_column_pairs(saved)
    plan.require_separate(pairs)
    for (source, target), row in zip(pairs, rows, strict=True):
        plan.require_number_type(source)
        encodings = _read_encodings(saved, row)
        null, unseen = encodings.pop(NULL, None), encodings.pop(UNSEEN)
        arrays = {
            "categories": np.array(list(encodings), dtype=np.float64),
            "encodings": np.array(list(encodings.values()), dtype=np.float64),
            "unseen": np.array([unseen]),
            "null": np.array([] if null is None else [null], dtype=np.float64),
        }
        params = {"invalid": saved.params["handleInvalid"]}
        plan.replace_column(target)
        plan.add_step(saved, "target_encode", [source], [(target, "double")], params=params, arrays=arrays)
    plan.label_columns.add(saved.params["labelCol"])


def _read_column_pairs(saved: SavedStage) -> list[tuple[str, str]]:
    """Return input and output columns; an output that was not named has its input's name with `_indexed`."""
    explicit = saved.metadata["paramMap"]
    inputs = [explicit["inputCol"]] if "inputCol" in explicit else explicit["inputCols"]
    outputs = [explicit["outputCol"]] if "outputCol" in explicit else explicit.get("outputCols")
    return list(zip(inputs, outputs or [f"{name}_indexed" for name in inputs], strict=True))


def _read_encodings(saved: SavedStage, row: Mapping[str, Any]) -> dict[float, float]:
    """Return the encoding of each category, of null and of unseen values.

    It is the mean of the target in the category, weighted by count / (count + smoothing) against the mean of all rows.
    """
    smoothing, binary = saved.read_double("smoothing"), saved.params["targetType"] == "binary"
    triples = zip(row["categories"], row["counts"], row["stats"], strict=True)
    stats = {category: (count, stat) for category, count, stat in triples}
    means = {key: stat / count if binary else stat for key, (count, stat) in stats.items()}
    weights = {key: count / (count + smoothing) for key, (count, _) in stats.items()}
    return {key: weight * means[key] + (1.0 - weight) * means[UNSEEN] for key, weight in weights.items()}
