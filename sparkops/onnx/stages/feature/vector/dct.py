"""DCT: the product with the matrix of the transform."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, VectorTensor
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.vector.dct import build_transform_matrix


def convert_dct(step: Step, context: GraphContext) -> None:
    """Add one product; rows with infinities are not scored."""
    graph, source = context.graph, context.get_features(step)
    # A vector of one slot is its own transform, infinite or not.
    if source.size > 1:
        context.exclude(graph.reduce_any(graph.add("IsInf", source.tensor)))
    context.columns[step.outputs[0]] = VectorTensor(
        graph.gemm(source.tensor, build_transform_matrix(step)), source.size
    )
