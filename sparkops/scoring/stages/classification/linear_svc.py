"""A linear support vector classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import Code, number
from ...ir.description import Step
from ...ir.validation import array, need
from ...kernels import class_decision
from ...kernels.linear_sums import margin, margins


@dataclass(frozen=True, slots=True)
class LinearSVC:
    """params: classes (2), sparse; arrays: weights, intercept (1), threshold (1), of the margin. No probabilities."""

    op: str = "svc"

    def emit(self, step: Step, code: Code) -> None:
        """Write the margin and the choice."""
        need(step, good=step.params["classes"] == 2 and not step.outputs[1])  # noqa: PLR2004
        weights = array(step, "weights", None)
        source = code.features(step.inputs[0], step.stage, len(weights))
        intercept, threshold = (float(array(step, name, 1)[0]) for name in ("intercept", "threshold"))
        m = code.local(margin(source, weights, intercept, code, sparse=bool(step.params["sparse"])))
        choice = code.local(f"1.0 if {m} > {number(threshold)} else 0.0")
        class_decision.bind(step, code, choice, code.local(f"(-{m}, {m})"), "")

    def run(self, step: Step, frame: Frame) -> None:
        """Do the same for every row."""
        arrays, source = step.arrays, frame.features(step.inputs[0])
        sparse, intercept = bool(step.params["sparse"]), float(arrays["intercept"][0])
        m = margins(source, arrays["weights"], intercept, frame.size, sparse=sparse)
        hit = (m > arrays["threshold"][0]).astype(np.float64)
        class_decision.bind_all(step, frame, hit, np.column_stack([-m, m]), np.zeros((0, 0)))
