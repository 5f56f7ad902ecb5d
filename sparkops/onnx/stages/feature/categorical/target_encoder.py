"""TargetEncoderModel: a category to its encoding."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.lookup import find_indices
from sparkops.scoring.ir.description import Step


def convert_target_encoder(step: Step, context: GraphContext) -> None:
    """Add one look-up; unseen categories, and null if it has no encoding, are encoded as `unseen` or not scored."""
    graph, source, arrays = context.graph, context.get_scalar(step), step.arrays
    categories, unseen = arrays["categories"].astype(np.float64), arrays["unseen"].astype(np.float64)
    table = np.concatenate([arrays["encodings"].astype(np.float64), unseen, arrays["null"][:1]])
    index = find_indices(graph, context.to_double(source), categories)
    if source.null is not None:
        null_index = len(categories) + 1 if len(arrays["null"]) else len(categories)
        index = graph.add("Where", source.null, np.array(null_index), index)
    if step.params["invalid"] == "error":
        context.exclude(graph.add("Equal", index, np.array(len(categories))))
    encoding = graph.add("Gather", table.astype(np.float64), index)
    context.columns[step.outputs[0]] = ScalarTensor(encoding, "double", "double", has_nan=True)
