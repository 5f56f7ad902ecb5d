"""Which columns of a frame a fitted Spark ML model reads to predict, from its stages' own parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

INPUT_PARAMS = ("inputCol", "inputCols", "featuresCol", "userCol", "itemCol", "itemsCol", "offsetCol")
OUTPUT_PARAMS = (
    "outputCol", "outputCols", "predictionCol", "probabilityCol", "rawPredictionCol", "leafCol",
    "topicDistributionCol", "quantilesCol", "linkPredictionCol", "varianceCol",
)  # fmt: skip
_ANSWERED = ("predictionCol", "probabilityCol", "outputCol", "outputCols", "topicDistributionCol")
_OPAQUE = ("SQLTransformer", "RFormulaModel")  # what they read stands in text, not in a parameter


def input_columns(fitted: Any) -> frozenset[str] | None:
    """Return the columns that predictions come from; None where the stages' parameters do not tell.

    A stage that only makes the label (its output feeds no prediction) is not looked at.
    """
    stages = tuple(_stages(fitted))
    if any(type(stage).__name__ in _OPAQUE or not _named(stage, INPUT_PARAMS) for stage in stages):
        return None
    predicts = any(stage.hasParam("predictionCol") for stage in stages)
    needed: set[str] = set()
    for stage in reversed(stages):
        written = _named(stage, OUTPUT_PARAMS)
        if not predicts or stage.hasParam("predictionCol") or written & needed:
            needed = (needed - written) | _named(stage, INPUT_PARAMS)
    return frozenset(needed)


def _stages(fitted: Any) -> Iterator[Any]:
    """Yield the stages that transform, in their order, out of pipelines and tuning wrappers."""
    best = getattr(fitted, "bestModel", None)
    if best is not None:
        yield from _stages(best)
    elif hasattr(fitted, "stages"):
        for stage in fitted.stages:
            yield from _stages(stage)
    else:
        yield fitted


def _named(stage: Any, params: tuple[str, ...]) -> set[str]:
    names: set[str] = set()
    for param in params:
        if stage.hasParam(param) and stage.isDefined(param):
            value = stage.getOrDefault(param)
            names |= {value} if isinstance(value, str) else set(value)
    return names - {""}


def output_columns(fitted: Any) -> tuple[str, ...]:
    """Return the columns that a model answers with: predictions and what is made of them, not what leads to them."""
    stages = tuple(_stages(fitted))
    predicts = [index for index, stage in enumerate(stages) if stage.hasParam("predictionCol")]
    first = predicts[0] if predicts else len(stages) - 1
    names: list[str] = []
    for stage in stages[first:]:
        names += [name for param in _ANSWERED for name in sorted(_named(stage, (param,)))]
    return tuple(dict.fromkeys(names))
