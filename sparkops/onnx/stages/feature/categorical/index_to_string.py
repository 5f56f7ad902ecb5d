"""IndexToString: an index to its label."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.scoring.ir.description import Step


def convert_index_to_string(step: Step, context: GraphContext) -> None:
    """Add one look-up; rows with an index that has no label are not scored."""
    graph, source = context.graph, context.get_scalar(step)
    labels = list(step.params["labels"])
    value = context.to_double(source)
    low, high = graph.add("Greater", value, -1.0), graph.add("Less", value, float(len(labels)))
    valid = graph.add("And", low, high)
    if source.null is not None:
        valid = graph.add("And", valid, graph.add("Not", source.null))
    context.exclude(graph.add("Not", valid))
    index = graph.cast(graph.add("Where", valid, value, float(len(labels))), "int64")
    label = graph.add("Gather", np.array([*labels, ""], dtype=object), index)
    context.columns[step.outputs[0]] = ScalarTensor(label, "string", "string")
