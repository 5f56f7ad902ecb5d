"""Input and output columns of a fitted Spark ML model, read from the parameters of its stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

INPUT_PARAMS = ("inputCol", "inputCols", "featuresCol", "userCol", "itemCol", "itemsCol", "offsetCol")
OUTPUT_PARAMS = (
    "outputCol", "outputCols", "predictionCol", "probabilityCol", "rawPredictionCol", "leafCol",
    "topicDistributionCol", "quantilesCol", "linkPredictionCol", "varianceCol",
)  # fmt: skip
_RESULT_PARAMS = ("predictionCol", "probabilityCol", "outputCol", "outputCols", "topicDistributionCol")
# Their input columns are part of a text (an SQL statement, a formula), not a parameter.
_OPAQUE_STAGES = ("SQLTransformer", "RFormulaModel")


def find_input_columns(fitted: Any) -> frozenset[str] | None:
    """Return the columns that the predictions depend on; None if the stages' parameters do not show them.

    A stage that only computes the label is ignored: none of its outputs leads to a prediction.
    """
    stages = tuple(list_leaf_stages(fitted))
    if any(
        type(stage).__name__ in _OPAQUE_STAGES or not _read_columns(stage, INPUT_PARAMS) for stage in stages
    ):
        return None
    predicts = any(stage.hasParam("predictionCol") for stage in stages)
    needed: set[str] = set()
    for stage in reversed(stages):
        outputs = _read_columns(stage, OUTPUT_PARAMS)
        if not predicts or stage.hasParam("predictionCol") or outputs & needed:
            needed = (needed - outputs) | _read_columns(stage, INPUT_PARAMS)
    return frozenset(needed)


def is_column_reference(name: str, column: str) -> bool:
    """Return whether a name that a stage reads is a column or a field inside it.

    The name may be in any case, with or without backticks.
    """
    first = name[1:].partition("`")[0] if name.startswith("`") else name.partition(".")[0]
    return column.lower() in (name.lower(), first.lower())


def find_output_columns(fitted: Any) -> tuple[str, ...]:
    """Return the result columns: predictions and what later stages derive from them, no intermediate columns."""
    stages = tuple(list_leaf_stages(fitted))
    predictors = [index for index, stage in enumerate(stages) if stage.hasParam("predictionCol")]
    first = predictors[0] if predictors else len(stages) - 1
    names: list[str] = []
    for stage in stages[first:]:
        names += [name for param in _RESULT_PARAMS for name in sorted(_read_columns(stage, (param,)))]
        if type(stage).__name__ == "SQLTransformer":
            # Imported here because it brings NumPy.
            from sparkops.compiler.sql.select import list_aliases

            names += list_aliases(stage.getStatement())
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class AddedColumns:
    """The columns that a fitted model adds to a frame.

    Args:
        results: Predictions, what later stages add to them, and what the last stage adds.
        others: Columns of earlier stages, and raw predictions.
        schema: The schema of the scored frame, as JSON values.
    """

    results: tuple[str, ...]
    others: tuple[str, ...]
    schema: Mapping[str, Any]


def list_added_columns(fitted: Any, frame: DataFrame) -> AddedColumns:
    """Return the columns that a model adds to a frame, by the analysis of its stages: no row is computed."""
    stages = tuple(list_leaf_stages(fitted))
    predictors = [index for index, stage in enumerate(stages) if stage.hasParam("predictionCol")]
    first = predictors[0] if predictors else len(stages) - 1
    added: dict[str, bool] = {}
    scored = frame.limit(0)
    for index, stage in enumerate(stages):
        before = dict(scored.dtypes)
        scored = stage.transform(scored)
        raw = _read_columns(stage, ("rawPredictionCol",))
        named = [name for param in OUTPUT_PARAMS for name in sorted(_read_columns(stage, (param,)))]
        new = [*named, *(name for name, type_ in scored.dtypes if before.get(name) != type_)]
        added |= {name: index >= first and name not in raw for name in dict.fromkeys(new)}
    present = {name: is_result for name, is_result in added.items() if name in scored.columns}
    return AddedColumns(
        results=tuple(name for name, is_result in present.items() if is_result),
        others=tuple(name for name, is_result in present.items() if not is_result),
        schema=scored.schema.jsonValue(),
    )


def list_leaf_stages(fitted: Any) -> Iterator[Any]:
    """Yield the transforming stages in order, from inside pipelines and tuning wrappers."""
    best = getattr(fitted, "bestModel", None)
    if best is not None:
        yield from list_leaf_stages(best)
    elif hasattr(fitted, "stages"):
        for stage in fitted.stages:
            yield from list_leaf_stages(stage)
    else:
        yield fitted


def _read_columns(stage: Any, params: tuple[str, ...]) -> set[str]:
    names: set[str] = set()
    for param in params:
        if stage.hasParam(param) and stage.isDefined(param):
            value = stage.getOrDefault(param)
            names |= {value} if isinstance(value, str) else set(value)
    return names - {""}
