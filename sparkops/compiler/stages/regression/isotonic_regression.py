"""Compile IsotonicRegressionModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import read_prediction_column
from sparkops.scoring.ir.description import Output


def compile_isotonic_regression(saved: SavedStage, plan: Plan) -> None:
    """Add an `isotonic` step: a double, or one slot of a vector -> prediction, linear between the boundaries."""
    row, prediction = saved.read_rows()[0], read_prediction_column(saved)
    source = str(saved.params["featuresCol"])
    type_ = plan.find_column_type(source)
    if type_ not in ("double", "vector"):
        raise CannotCompile(f"it needs doubles or vectors in `{source}`, which is {type_}")
    boundaries = np.array(row["boundaries"], dtype=np.float64)
    if not (np.diff(boundaries) > 0.0).all():
        raise CannotCompile(
            "it has two predictions at one boundary, and Spark does not define which one it returns"
        )
    if type_ == "vector":
        plan.find_vector_size(source)
    plan.label_columns.add(saved.params["labelCol"])
    arrays = {"places": boundaries, "answers": np.array(row["predictions"], dtype=np.float64)}
    params = {"feature": int(saved.params["featureIndex"])}
    plan.add_step(saved, "isotonic", [source], [(prediction, "double")], params=params, arrays=arrays)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))
