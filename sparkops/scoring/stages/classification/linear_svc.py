"""LinearSVCModel: a linear support vector classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import CodeWriter, format_float
from ...ir.description import Step
from ...ir.validation import float_array, require
from ...kernels import class_decision
from ...kernels.linear_sums import build_margin_expr, sum_margins


@dataclass(frozen=True, slots=True)
class LinearSVC:
    """params: classes (2), sparse; arrays: weights, intercept (1), threshold (1), of the margin. No probabilities."""

    op: str = "svc"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the margin and the class."""
        require(step, good=step.params["classes"] == 2 and not step.outputs[1])  # noqa: PLR2004
        weights = float_array(step, "weights", None)
        source = code.get_features(step.inputs[0], step.stage, len(weights))
        intercept, threshold = (float(float_array(step, name, 1)[0]) for name in ("intercept", "threshold"))
        margin = code.assign(
            build_margin_expr(source, weights, intercept, code, sparse=bool(step.params["sparse"]))
        )
        index = code.assign(f"1.0 if {margin} > {format_float(threshold)} else 0.0")
        class_decision.bind_names(step, code, index, code.assign(f"(-{margin}, {margin})"), probability="")

    def run(self, step: Step, frame: Frame) -> None:
        """Classify every row."""
        arrays, source = step.arrays, frame.get_features(step.inputs[0])
        sparse, intercept = bool(step.params["sparse"]), float(arrays["intercept"][0])
        margin = sum_margins(source, arrays["weights"], intercept, frame.size, sparse=sparse)
        index = (margin > arrays["threshold"][0]).astype(np.float64)
        raw, none = np.column_stack([-margin, margin]), np.zeros((0, 0))
        class_decision.bind_columns(step, frame, index, raw, probability=none)
