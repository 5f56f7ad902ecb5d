"""MinHashLSHModel: the least hash of the slots that are not 0."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.lsh.min_hash_lsh import PRIME


def convert_min_hash_lsh(step: Step, context: GraphContext) -> None:
    """Add one minimum over constant hashes of the slots; a vector of zeros is not scored."""
    graph, source = context.graph, context.get_features(step)
    coefficients = step.arrays["coefficients"].astype(np.int64).tolist()
    hashes = [[float((slot * a + b) % PRIME) for slot in range(1, source.size + 1)] for a, b in coefficients]
    zero = graph.add("Equal", source.tensor, 0.0)
    context.exclude(graph.add("Not", graph.reduce_any(graph.add("Not", zero))))
    candidates = graph.add(
        "Where", graph.add("Unsqueeze", zero, np.array([1])), float(PRIME), np.array(hashes)[None, :, :]
    )
    result = graph.add("ReduceMin", candidates, np.array([2]), keepdims=0)
    context.columns[step.outputs[0]] = VectorTensor(result, len(coefficients), is_list=True)
