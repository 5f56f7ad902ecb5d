"""The stages of a saved model in order: pipelines, tuned models and formulas are replaced by what they contain."""

from __future__ import annotations

from pathlib import Path

from sparkops.compiler.saved_stage import SavedStage
from sparkops.errors import ModelError

_MAX_DEPTH = 20
TUNED_MODELS = ("CrossValidatorModel", "TrainValidationSplitModel")


def read_stages(folder: Path) -> list[SavedStage]:
    """Read the stages of a saved model in order.

    Raises:
        ModelError: The folder is not a saved Spark ML model.
    """
    return _flatten(SavedStage.read(folder), depth=0)


def _flatten(saved: SavedStage, depth: int) -> list[SavedStage]:
    # A link may lead from a folder back to one that contains it.
    if depth > _MAX_DEPTH:
        raise ModelError(f"{saved}: it has pipelines within pipelines, more than {_MAX_DEPTH} levels.")
    if saved.class_name in TUNED_MODELS:
        return _flatten(SavedStage.read(saved.folder / "bestModel"), depth + 1)
    if saved.class_name == "PipelineModel":
        return [stage for inner in saved.read_inner_stages() for stage in _flatten(inner, depth + 1)]
    if saved.class_name == "RFormulaModel":
        return [*_flatten(SavedStage.read(saved.folder / "pipelineModel"), depth + 1), saved]
    return [saved]
