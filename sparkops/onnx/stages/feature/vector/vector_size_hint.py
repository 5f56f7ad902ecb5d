"""VectorSizeHint: a check for null; the size was checked when the model was compiled."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step


def convert_vector_size_hint(step: Step, context: GraphContext) -> None:
    """Leave rows without a vector unscored."""
    source = context.get_features(step)
    context.columns[step.outputs[0]] = VectorTensor(source.tensor, source.size)
