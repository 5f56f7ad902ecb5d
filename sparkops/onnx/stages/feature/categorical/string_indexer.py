"""StringIndexerModel: text or numbers to the index of their label."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.onnx.graph_builder import ML, GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.lookup import find_indices, repeat_constant
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import FLOATING_TYPES
from sparkops.scoring.stages.feature.categorical.string_indexer import build_index_table

Table = dict[Any, int]


def convert_string_indexer(step: Step, context: GraphContext) -> None:
    """Add one look-up. Unseen values and null have the index after the last label, or are not scored."""
    graph, source = context.graph, context.get_scalar(step)
    labels, invalid = tuple(step.params["labels"]), step.params["invalid"]
    unseen = len(labels)
    index = _look_up(context, source, build_index_table(labels, source.spark_type), unseen)
    if source.null is not None:
        index = graph.add("Where", source.null, np.array(unseen), index)
    if invalid != "keep":
        context.exclude(graph.add("Equal", index, np.array(unseen)))
    limit = unseen + (invalid == "keep")
    context.columns[step.outputs[0]] = ScalarTensor(index, "int64", "double", limit=limit)


def _look_up(context: GraphContext, source: ScalarTensor, table: Table, unseen: int) -> str:
    """Return the index of each value, `unseen` for one that is not in the table."""
    graph = context.graph
    if source.spark_type in FLOATING_TYPES:
        return _look_up_double(graph, context.to_double(source), table, unseen)
    if source.spark_type == "boolean":
        indices = (np.array(table.get(value, unseen)) for value in (True, False))
        return graph.add("Where", source.tensor, *indices)
    if not table:
        return repeat_constant(graph, source.tensor, unseen)
    keys_name = "keys_strings" if source.dtype == "string" else "keys_int64s"
    attributes = {keys_name: list(table), "values_int64s": list(table.values()), "default_int64": unseen}
    return graph.add("LabelEncoder", source.tensor, domain=ML, **attributes)


def _look_up_double(graph: GraphBuilder, value: str, table: Table, unseen: int) -> str:
    """Return the index of doubles; 0.0 and -0.0 have labels of their own, kept as text in the table."""
    zeros = {key: index for key, index in table.items() if isinstance(key, str)}
    numbers = {key: index for key, index in table.items() if not isinstance(key, str)}
    position = find_indices(graph, value, np.array(list(numbers), dtype=np.float64))
    index = graph.add("Gather", np.array([*numbers.values(), unseen], dtype=np.int64), position)
    for text, zero_index in zeros.items():
        is_zero = graph.add("Equal", value, 0.0)
        # The reciprocal of a zero is an infinity of its sign.
        has_sign = graph.add("Equal", graph.add("Reciprocal", value), np.copysign(np.inf, float(text)))
        index = graph.add("Where", graph.add("And", is_zero, has_sign), np.array(zero_index), index)
    return index
