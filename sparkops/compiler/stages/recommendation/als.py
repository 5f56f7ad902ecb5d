"""Compile ALSModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import read_prediction_column
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output


def compile_als(saved: SavedStage, plan: Plan) -> None:
    """Add a `recommend` step: user and item id -> dot product of their factors.

    `coldStartStrategy` drops rows of unknown ids, or predicts NaN for them.
    """
    prediction = read_prediction_column(saved)
    inputs = [str(saved.params["userCol"]), str(saved.params["itemCol"])]
    for name in inputs:
        plan.require_number_type(name)
    users, items = (_read_factors(saved, name) for name in ("userFactors", "itemFactors"))
    arrays = {"users": users[0], "user_factors": users[1], "items": items[0], "item_factors": items[1]}
    drops = str(saved.params["coldStartStrategy"]).lower() == "drop"
    params = {"invalid": "skip" if drops else "keep"}
    plan.add_step(saved, "recommend", inputs, [(prediction, "float")], params=params, arrays=arrays)
    plan.add_output(Output(prediction, "float", prediction, "prediction"))
    for name in inputs:
        # Spark replaces these columns by integers, so a later stage would not read what the field holds. No stage
        # accepts this text as a type, and the reason why such a stage is not compiled quotes it.
        if plan.types[name] != "integer":
            plan.types[name] = f"integer, which {saved.class_name} made of {plan.types[name]}"


def _read_factors(saved: SavedStage, name: str) -> tuple[Numbers, Numbers]:
    """Return ids, rising, and their factors."""
    rows = sorted(saved.read_rows(name), key=lambda row: int(row["id"]))
    rank = int(saved.metadata["rank"])
    factors = np.array([row["features"] for row in rows], dtype=np.float64).reshape(len(rows), rank)
    return np.array([row["id"] for row in rows], dtype=np.int64), factors
