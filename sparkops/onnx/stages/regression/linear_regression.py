"""LinearRegressionModel: a weighted sum."""

from __future__ import annotations

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.linear_sums import add_margin
from sparkops.scoring.ir.description import Step


def convert_linear_regression(step: Step, context: GraphContext) -> None:
    """Add the sum."""
    context.columns[step.outputs[0]] = ScalarTensor(
        add_margin(step, context), "double", "double", has_nan=True
    )
