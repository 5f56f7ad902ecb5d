"""Compile MultilayerPerceptronClassificationModel."""

from __future__ import annotations

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.predictor import add_classifier, read_threshold_arrays


def compile_multilayer_perceptron_classifier(saved: SavedStage, plan: Plan) -> None:
    """Add a `perceptron` step: sigmoid layers of the saved sizes, and a softmax over the last one."""
    row = saved.read_rows()[0]
    # Models that Spark saved before version 3 have the sizes of their layers in the data.
    layers = [int(size) for size in row.get("layers") or saved.params["layers"]]
    params = {"layers": layers, "classes": layers[-1], "features": layers[0]}
    arrays = {"weights": parse_vector(row["weights"])} | read_threshold_arrays(saved)
    add_classifier(saved, plan, "perceptron", params, arrays)
