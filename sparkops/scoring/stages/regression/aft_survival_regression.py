"""Accelerated failure time: the expected lifetime, and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Denses, Frame, Scalars, Vectors
from ...codegen.code_writer import Code, number
from ...codegen.symbols import Scalar, Vector
from ...ir.description import Step
from ...ir.validation import array
from ...jvm.math import exp
from ...kernels.linear_sums import margin, margins


@dataclass(frozen=True, slots=True)
class Survival:
    """params: sparse; arrays: weights, intercept (1), factors: each quantile beside the prediction. outputs: prediction, quantiles."""

    op: str = "survival"

    def emit(self, step: Step, code: Code) -> None:
        """Write the sum, its exponential, and the quantiles."""
        weights, factors = array(step, "weights", None), array(step, "factors", None)
        intercept = float(array(step, "intercept", 1)[0])
        source = code.features(step.inputs[0], step.stage, len(weights))
        sum_ = margin(source, weights, intercept, code, sparse=bool(step.params["sparse"]))
        time = code.local(f"{code.constant(exp)}({sum_})")
        prediction, quantiles = step.outputs
        code.columns[prediction] = Scalar(time, "double", nan=True)
        if quantiles:
            slots = (f"{time} * {number(factor)}" for factor in factors)
            parts = tuple(Scalar(slot, "double", nan=True, atom=False) for slot in slots)
            code.columns[quantiles] = Vector(parts)

    def run(self, step: Step, frame: Frame) -> None:
        """Do the same for every row."""
        source, intercept = frame.features(step.inputs[0]), float(step.arrays["intercept"][0])
        with np.errstate(all="ignore"):
            sparse = bool(step.params["sparse"])
            time = np.exp(margins(source, step.arrays["weights"], intercept, frame.size, sparse=sparse))
            table = time[:, None] * step.arrays["factors"]
        prediction, quantiles = step.outputs
        frame.columns[prediction] = Scalars(time)
        if quantiles:
            frame.columns[quantiles] = Vectors((Denses(table),))
