"""OneHotEncoderModel: an index to a vector with a 1 in its slot."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_one_hot_encoder(step: Step, context: GraphContext) -> None:
    """Add one comparison for all slots."""
    graph, source = context.graph, context.get_scalar(step)
    categories, keep = int(step.params["categories"]), bool(step.params["keep"])
    slots = categories + keep - bool(step.params["drop_last"])
    index = source.tensor
    if source.dtype != "int64" or source.limit is None or source.limit > categories:
        index = _add_valid_index(context, source, categories, keep=keep)
    hot = graph.add("Equal", index, np.arange(slots, dtype=np.int64)[None, :])
    context.columns[step.outputs[0]] = VectorTensor(graph.cast(hot, "double"), slots, source.null)


def _add_valid_index(context: GraphContext, source: ScalarTensor, categories: int, *, keep: bool) -> str:
    """Return indices from 0 to below `categories`, and that number for invalid ones."""
    graph, value = context.graph, context.to_double(source)
    low, high = graph.add("GreaterOrEqual", value, 0.0), graph.add("Less", value, float(categories))
    valid = graph.add("And", low, high)
    if not keep:
        invalid = graph.add("Not", valid)
        if source.null is not None:
            invalid = graph.add("And", invalid, graph.add("Not", source.null))
        context.exclude(invalid)
    return graph.cast(graph.add("Where", valid, value, float(categories)), "int64")
