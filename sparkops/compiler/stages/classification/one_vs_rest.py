"""Compile OneVsRestModel, over any classifier that is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sparkops.compiler.plan import CannotCompile, Plan, StageCompiler
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import read_prediction_column, record_class_labels
from sparkops.scoring.ir.description import Output


def compile_one_vs_rest(classifiers: Mapping[str, StageCompiler], saved: SavedStage, plan: Plan) -> None:
    """Add a step for the classifier of each class, with internal output columns, and one that takes the largest score.

    Args:
        classifiers: Compilers of classifiers by class name.
        saved: The stage.
        plan: The model so far.
    """
    count, prediction = int(saved.metadata["numClasses"]), read_prediction_column(saved)
    models = [SavedStage.read(saved.folder / f"model_{index}") for index in range(count)]
    # The outputs and label columns that the classifiers add are internal, and dropped again.
    outputs, label_columns = list(plan.outputs), set(plan.label_columns)
    scores = [_add_classifier(classifiers, saved, plan, index, model) for index, model in enumerate(models)]
    plan.outputs, plan.label_columns = outputs, {*label_columns, saved.params["labelCol"]}
    raw = str(saved.params.get("rawPredictionCol", ""))
    columns = [(prediction, "double"), ("", "vector"), (raw, "vector")]
    plan.add_step(saved, "one_vs_rest", scores, columns, params={"classes": count})
    record_class_labels(saved, plan)
    plan.add_output(Output(prediction, "double", prediction, "prediction"))
    if raw:
        plan.add_output(Output(raw, "vector", raw, "rawPrediction", count))


def _add_classifier(
    classifiers: Mapping[str, StageCompiler], saved: SavedStage, plan: Plan, index: int, model: SavedStage
) -> str:
    """Compile the classifier of one class; return the column of its raw scores."""
    raw = f"{saved.uid} {index} raw"
    column_params = {
        "featuresCol": saved.params["featuresCol"],
        "predictionCol": f"{saved.uid} {index}",
        "probabilityCol": "",
        "rawPredictionCol": raw,
        "leafCol": "",
    }
    if model.class_name not in classifiers:
        raise CannotCompile(f"its classifiers are {model.class_name}, which sparkops does not compile")
    plan.internal |= {column_params["predictionCol"], raw}
    classifiers[model.class_name](replace(model, params={**model.params, **column_params}), plan)
    return raw
