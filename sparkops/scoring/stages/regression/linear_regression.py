"""LinearRegressionModel: a weighted sum."""

from __future__ import annotations

from dataclasses import dataclass

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar
from ...ir.description import Step
from ...kernels.linear_sums import build_margin_expr, sum_margins


@dataclass(frozen=True, slots=True)
class LinearRegression:
    """params: sparse; arrays: weights, intercept (1)."""

    op: str = "linear"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one sum."""
        weights = step.arrays["weights"]
        source = code.get_features(step.inputs[0], step.stage, len(weights))
        margin = build_margin_expr(
            source, weights, float(step.arrays["intercept"][0]), code, sparse=bool(step.params["sparse"])
        )
        code.columns[step.outputs[0]] = Scalar(code.assign(margin), "double", nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Predict every row."""
        source = frame.get_features(step.inputs[0])
        weights, intercept = step.arrays["weights"], float(step.arrays["intercept"][0])
        margins = sum_margins(source, weights, intercept, frame.size, sparse=bool(step.params["sparse"]))
        frame.columns[step.outputs[0]] = ScalarColumn(margins)
