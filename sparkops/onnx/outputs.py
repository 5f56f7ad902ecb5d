"""The outputs of a graph: a tensor for each output of the scorer, a mask of scored rows; their values as answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkops.errors import ModelError
from sparkops.onnx.graph_builder import GraphBuilder, Operand
from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor, find_dtype
from sparkops.onnx.inputs import add_unused_name, name_null_inputs
from sparkops.scoring.ir.description import Description, Output

UNSCORED = "unscored"
GraphAnswer = dict[str, Any] | str
"""A row's answer, or `UNSCORED` for a row that is refused or dropped: a graph does not tell the two apart."""

# Values of rows that are not scored.
_BLANK: dict[str, Operand] = {
    "double": np.nan,
    "int64": np.array(-1),
    "bool": np.array(False),
    "string": np.array("", dtype=object),
}
_SCORED_DOC = (
    "whether the model answers the row; where it refuses or drops it, doubles are NaN, whole numbers -1, "
    "text empty"
)


@dataclass(frozen=True, slots=True)
class OutputNames:
    """Names of the output tensors.

    Args:
        scored: The tensor that tells which rows have an answer.
        values: For each output, the tensor of its values.
        nulls: For each output, the tensor that tells where it is null; the graph has it only if it may be null.
    """

    scored: str
    values: Mapping[str, str]
    nulls: Mapping[str, str]

    @classmethod
    def of(cls, description: Description) -> OutputNames:
        """Return the names of a model's outputs, none of which is an input's."""
        reserved = {field.name for field in description.fields} | set(name_null_inputs(description).values())
        outputs = [output.name for output in description.outputs]
        values = {name: add_unused_name(name, reserved, suffix="_out") for name in outputs}
        nulls = {name: add_unused_name(f"{name}__null", reserved, suffix="_out") for name in outputs}
        return cls(add_unused_name("scored", reserved, suffix="_out"), values, nulls)


def add_outputs(context: GraphContext, description: Description, *, raw: bool) -> None:
    """Add all outputs, with blank values in rows that are not scored."""
    graph, names, scored = context.graph, OutputNames.of(description), _add_scored(context)
    graph.add_output(names.scored, _flatten(graph, scored), "bool", ["N"], doc=_SCORED_DOC)
    for output in _select_outputs(description, raw=raw):
        column = _add_label(context, description) if output.column is None else context.columns[output.column]
        name, doc = names.values[output.name], f"{output.type}; {output.role}"
        if isinstance(column, VectorTensor):
            _add_vector(graph, column, scored, name, doc)
        else:
            _add_scalar(context, column, output.type, scored, name, doc)
        if column.null is not None:
            null = _flatten(graph, graph.add("And", scored, column.null))
            graph.add_output(
                names.nulls[output.name], null, "bool", ["N"], doc=f"whether {output.name} is null"
            )


def read_answers(
    description: Description, tensors: Mapping[str, np.ndarray[Any, Any]], *, raw: bool = True
) -> list[GraphAnswer]:
    """Return the outputs of a graph as a scorer's answers, `UNSCORED` for a row that is refused or dropped.

    Args:
        description: The model.
        tensors: Output tensors by name.
        raw: Whether the graph has the output `rawPrediction`.
    """
    names = OutputNames.of(description)
    columns = {}
    for output in _select_outputs(description, raw=raw):
        values = tensors[names.values[output.name]].tolist()
        nulls = tensors.get(names.nulls[output.name])
        if nulls is not None:
            values = [None if null else value for null, value in zip(nulls.tolist(), values, strict=True)]
        columns[output.name] = values
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    scored = tensors[names.scored].tolist()
    return [row if is_scored else UNSCORED for row, is_scored in zip(rows, scored, strict=True)]


def _select_outputs(description: Description, *, raw: bool) -> list[Output]:
    """Return the outputs that a graph has."""
    return [output for output in description.outputs if raw or output.role != "rawPrediction"]


def _add_scored(context: GraphContext) -> str:
    """Return (rows, 1): whether a row is scored."""
    graph = context.graph
    if not context.unscored:
        return context.expand_to_rows(graph.add_constant(np.array(True)))
    return context.expand_to_rows(graph.add("Not", graph.any_of(context.unscored)))


def _add_vector(graph: GraphBuilder, column: VectorTensor, scored: str, name: str, doc: str) -> None:
    tensor = graph.add("Where", scored, column.tensor, np.nan)
    shape: list[int | str] = ["N", column.size]
    if column.is_list:
        tensor, shape = graph.add("Unsqueeze", tensor, np.array([2])), [*shape, 1]
    graph.add_output(name, tensor, "double", shape, doc=doc)


def _add_scalar(
    context: GraphContext, column: ScalarTensor, spark_type: str, scored: str, name: str, doc: str
) -> None:
    graph, dtype = context.graph, find_dtype(spark_type)
    tensor = context.to_double(column) if dtype == "double" else column.tensor
    if dtype == "int64" and column.dtype == "double":
        tensor = graph.cast(tensor, dtype)
    tensor = graph.select(scored, tensor, _BLANK[dtype], dtype)
    graph.add_output(name, _flatten(graph, tensor), dtype, ["N"], doc=doc)


def _add_label(context: GraphContext, description: Description) -> ScalarTensor:
    """Return the original label of the predicted class; null for class -1."""
    prediction = next((output for output in description.outputs if output.role == "prediction"), None)
    column = context.columns.get(str(prediction.column)) if prediction else None
    if not isinstance(column, ScalarTensor) or not description.classes:
        raise ModelError("An output names a class, and this model has no classes.")
    graph, labels = context.graph, np.array([*description.classes, ""], dtype=object)
    index = column.tensor if column.dtype == "int64" else graph.cast(column.tensor, "int64")
    null = graph.add("Less", index, np.array(0)) if column.limit is None else None
    return ScalarTensor(graph.add("Gather", labels, index), "string", "string", null)


def _flatten(graph: GraphBuilder, tensor: str) -> str:
    return graph.add("Squeeze", tensor, np.array([1]))
