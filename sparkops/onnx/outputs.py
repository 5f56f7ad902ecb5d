"""What a graph gives: a tensor for each output, and whether the row was scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sparkops.errors import ModelError
from sparkops.onnx.graph_builder import Graph, Value
from sparkops.onnx.graph_context import Many, One, Work, kind_of
from sparkops.onnx.inputs import null_inputs
from sparkops.scoring.ir.description import Description, Output

_NOTHING: dict[str, Value] = {
    "double": np.nan,
    "int64": np.array(-1),
    "bool": np.array(False),
    "string": np.array("", dtype=object),
}
_SCORED = "whether the model answers the row; where it refuses or drops it, doubles are NaN, whole numbers -1, text empty"


@dataclass(frozen=True, slots=True)
class Names:
    """What the outputs' tensors are called.

    Args:
        scored: The tensor that tells which rows have an answer.
        values: By output, its values.
        nulls: By output, where it is null; the graph has it only of an output that may be.
    """

    scored: str
    values: Mapping[str, str]
    nulls: Mapping[str, str]

    @classmethod
    def of(cls, description: Description) -> Names:
        """Return the names of a model's outputs; none is also an input's."""
        taken = {field.name for field in description.fields} | set(null_inputs(description).values())
        outputs = [output.name for output in description.outputs]
        values = {name: _free(name, taken) for name in outputs}
        nulls = {name: _free(f"{name}__null", taken) for name in outputs}
        return cls(_free("scored", taken), values, nulls)


def give_outputs(work: Work, description: Description, *, raw: bool) -> None:
    """Name the outputs, and hide what stands in a row that has no answer."""
    called, some = Names.of(description), _scored(work)
    work.graph.give(called.scored, _flat(work.graph, some), "bool", ["N"], note=_SCORED)
    for output in shown(description, raw=raw):
        column = _label(work, description) if output.column is None else work.columns[output.column]
        note = f"{output.type}; {output.role}"
        if isinstance(column, Many):
            _give_vector(work.graph, column, some, called.values[output.name], note)
        else:
            _give_value(work, column, output.type, some, called.values[output.name], note)
        if column.null is not None:
            null = _flat(work.graph, work.graph.add("And", some, column.null))
            work.graph.give(
                called.nulls[output.name], null, "bool", ["N"], note=f"whether {output.name} is null"
            )


def shown(description: Description, *, raw: bool) -> list[Output]:
    """Return the outputs that a graph has."""
    return [output for output in description.outputs if raw or output.role != "rawPrediction"]


def _scored(work: Work) -> str:
    """Return (rows, 1): whether a row has an answer."""
    graph = work.graph
    if not work.unscored:
        return work.of_all_rows(graph.constant(np.array(True)))
    return work.of_all_rows(graph.add("Not", graph.either(work.unscored)))


def _give_vector(graph: Graph, column: Many, some: str, called: str, note: str) -> None:
    hidden = graph.add("Where", some, column.name, np.nan)
    if column.listed:
        hidden = graph.add("Unsqueeze", hidden, np.array([2]))
    graph.give(called, hidden, "double", ["N", column.size, *([1] if column.listed else [])], note=note)


def _give_value(work: Work, column: One, spark: str, some: str, called: str, note: str) -> None:
    kind = kind_of(spark)
    name = work.double(column) if kind == "double" else column.name
    if kind == "int64" and column.kind == "double":
        name = work.graph.cast(name, kind)
    hidden = work.graph.pick(some, name, _NOTHING[kind], kind)
    work.graph.give(called, _flat(work.graph, hidden), kind, ["N"], note=note)


def _label(work: Work, description: Description) -> One:
    """Return the original label of the class; null of class -1."""
    prediction = next((each for each in description.outputs if each.role == "prediction"), None)
    column = work.columns.get(str(prediction.column)) if prediction else None
    if not isinstance(column, One) or not description.classes:
        raise ModelError("An output names a class, and this model has no classes.")
    graph, table = work.graph, np.array([*description.classes, ""], dtype=object)
    index = column.name if column.kind == "int64" else graph.cast(column.name, "int64")
    null = graph.add("Less", index, np.array(0)) if column.limit is None else None
    return One(graph.add("Gather", table, index), "string", "string", null)


def _flat(graph: Graph, name: str) -> str:
    return graph.add("Squeeze", name, np.array([1]))


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_out"
    taken.add(name)
    return name
