"""Selection of slots of a vector, by index."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_slot_selection(step: Step, context: GraphContext) -> None:
    """Add one Gather."""
    slots = step.arrays["slots"].astype(np.int64)
    result = context.graph.gather(context.get_features(step).tensor, slots)
    context.columns[step.outputs[0]] = VectorTensor(result, len(slots))
