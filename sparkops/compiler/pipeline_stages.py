"""The stages of a saved model in order: pipelines, tuned models and formulas are replaced by what they contain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sparkops.compiler.saved_stage import MAX_STAGES, SavedStage
from sparkops.errors import DamagedModel

_MAX_DEPTH = 20
TUNED_MODELS = ("CrossValidatorModel", "TrainValidationSplitModel")


def read_stages(folder: Path) -> list[SavedStage]:
    """Read the stages of a saved model in order.

    Raises:
        DamagedModel: The folder is not a saved Spark ML model.
    """
    stages = [*islice(_flatten(SavedStage.read(folder), depth=0), MAX_STAGES + 1)]
    if len(stages) > MAX_STAGES:
        raise DamagedModel(
            f"{folder} has more than {MAX_STAGES:,} stages, which is no model that anyone fitted."
        )
    return stages


def _flatten(saved: SavedStage, depth: int) -> Iterator[SavedStage]:
    # A link may lead from a folder back to one that contains it.
    if depth > _MAX_DEPTH:
        raise DamagedModel(f"{saved}: it has pipelines within pipelines, more than {_MAX_DEPTH} levels.")
    if saved.class_name in TUNED_MODELS:
        yield from _flatten(SavedStage.read(saved.folder / "bestModel"), depth + 1)
    elif saved.class_name == "PipelineModel":
        for inner in saved.read_inner_stages():
            yield from _flatten(inner, depth + 1)
    else:
        if saved.class_name == "RFormulaModel":
            yield from _flatten(SavedStage.read(saved.folder / "pipelineModel"), depth + 1)
        yield saved
