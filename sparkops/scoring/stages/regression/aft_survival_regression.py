"""AFTSurvivalRegressionModel: the expected lifetime, and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import DenseBlock, Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.symbols import Scalar, Vector
from ...ir.description import Step
from ...ir.validation import float_array
from ...jvm.math import exp
from ...kernels.linear_sums import build_margin_expr, sum_margins


@dataclass(frozen=True, slots=True)
class AFTSurvivalRegression:
    """params: sparse; outputs: prediction, quantiles.

    arrays: weights, intercept (1), factors (each quantile / prediction).
    """

    op: str = "survival"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the exponential of a weighted sum, and the quantiles."""
        weights, factors = float_array(step, "weights", None), float_array(step, "factors", None)
        intercept = float(float_array(step, "intercept", 1)[0])
        source = code.get_features(step.inputs[0], step.stage, len(weights))
        margin = build_margin_expr(source, weights, intercept, code, sparse=bool(step.params["sparse"]))
        lifetime = code.assign(f"{code.bind_constant(exp)}({margin})")
        prediction, quantiles = step.outputs
        code.columns[prediction] = Scalar(lifetime, "double", nan=True)
        if quantiles:
            slots = (f"{lifetime} * {format_float(factor)}" for factor in factors)
            parts = tuple(Scalar(slot, "double", nan=True, atom=False) for slot in slots)
            code.columns[quantiles] = Vector(parts)

    def run(self, step: Step, frame: Frame) -> None:
        """Predict every row."""
        source, intercept = frame.get_features(step.inputs[0]), float(step.arrays["intercept"][0])
        with np.errstate(all="ignore"):
            sparse = bool(step.params["sparse"])
            lifetime = np.exp(
                sum_margins(source, step.arrays["weights"], intercept, frame.size, sparse=sparse)
            )
            table = lifetime[:, None] * step.arrays["factors"]
        prediction, quantiles = step.outputs
        frame.columns[prediction] = ScalarColumn(lifetime)
        if quantiles:
            frame.columns[quantiles] = VectorColumn((DenseBlock(table),))
