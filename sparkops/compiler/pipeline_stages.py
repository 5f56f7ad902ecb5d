"""The stages of a saved model in order: pipelines, tuned models and formulas are replaced by what they contain."""

from __future__ import annotations

from pathlib import Path

from sparkops.compiler.saved_stage import SavedStage

TUNED_MODELS = ("CrossValidatorModel", "TrainValidationSplitModel")


def read_stages(folder: Path) -> list[SavedStage]:
    """Read the stages of a saved model in order.

    Raises:
        ModelError: The folder is not a saved Spark ML model.
    """
    return _flatten(SavedStage.read(folder))


def _flatten(saved: SavedStage) -> list[SavedStage]:
    if saved.class_name in TUNED_MODELS:
        return read_stages(saved.folder / "bestModel")
    if saved.class_name == "PipelineModel":
        return [stage for inner in saved.read_inner_stages() for stage in _flatten(inner)]
    if saved.class_name == "RFormulaModel":
        return [*read_stages(saved.folder / "pipelineModel"), saved]
    return [saved]
