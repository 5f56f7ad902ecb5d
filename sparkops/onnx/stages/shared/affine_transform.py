"""Affine transforms of each slot: (value - shift) * scale + add, or a constant."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_affine_transform(step: Step, context: GraphContext) -> None:
    """Add the operations that the step has numbers for."""
    if not step.arrays:
        context.columns[step.outputs[0]] = context.get_vector(step)
        return
    graph, source = context.graph, context.get_features(step)
    result = source.tensor
    for array, op in (("shift", "Sub"), ("scale", "Mul"), ("add", "Add")):
        if array in step.arrays:
            result = graph.add(op, result, step.arrays[array][None, :].astype(np.float64))
    if "constant" in step.arrays:
        constant = step.arrays["constant"][None, :].astype(np.float64)
        varies = graph.add("Or", graph.add("IsNaN", source.tensor), np.isnan(constant))
        result = graph.add("Where", varies, result, constant)
    context.columns[step.outputs[0]] = VectorTensor(result, source.size)
