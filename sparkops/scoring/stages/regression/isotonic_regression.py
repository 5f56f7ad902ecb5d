"""IsotonicRegressionModel: linear interpolation between boundaries."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, Vector, get_slot
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import float_array, int_param, require


@dataclass(frozen=True, slots=True)
class IsotonicRegression:
    """params: feature (the slot of a vector). Null gives null.

    arrays: places (boundaries, strictly rising), answers (their predictions).
    """

    op: str = "isotonic"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one interpolation."""
        boundaries = float_array(step, "places", None)
        predictions = float_array(step, "answers", len(boundaries))
        require(step, good=len(boundaries) > 0 and bool((np.diff(boundaries) > 0.0).all()))
        value = code.assign_scalar(_read_feature(step, code))
        code.add_boundaries(value, boundaries.tolist())
        expr = f"{code.bind_constant(partial(_interpolate, boundaries.tolist(), predictions.tolist()))}({value.expr})"
        prediction = code.assign(f"None if {value.expr} is None else {expr}" if value.null else expr)
        code.columns[step.outputs[0]] = Scalar(prediction, "double", null=value.null, nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Interpolate every row."""
        column = frame.columns[step.inputs[0]]
        boundaries = step.arrays["places"]
        predictions = step.arrays["answers"]
        if isinstance(column, ScalarColumn):
            values, null = column.values, column.null
        else:
            values, null = frame.get_features(step.inputs[0]).get_slot(int(step.params["feature"])), None
        frame.columns[step.outputs[0]] = ScalarColumn(
            _interpolate_rows(boundaries, predictions, values), null
        )


def _read_feature(step: Step, code: CodeWriter) -> Scalar:
    """Return the feature: the column itself, or a slot of a vector."""
    vector = code.columns.get(step.inputs[0])
    if not isinstance(vector, Vector):
        column = code.get_scalar(step.inputs[0], step.stage)
        require(step, good=column.type == "double")
        return column
    slot, source = int_param(step, "feature"), code.get_features(step.inputs[0], step.stage)
    require(step, good=slot < source.size)
    return get_slot(source, slot)


def _interpolate(boundaries: Sequence[float], predictions: Sequence[float], value: float) -> float:
    index = bisect_left(boundaries, value) if value == value else len(boundaries)  # noqa: PLR0124
    if index == len(boundaries):
        return predictions[-1]
    if index == 0 or boundaries[index] == value:
        return predictions[index]
    left_boundary, left_prediction = boundaries[index - 1], predictions[index - 1]
    return left_prediction + (predictions[index] - left_prediction) * (value - left_boundary) / (
        boundaries[index] - left_boundary
    )


def _interpolate_rows(boundaries: Numbers, predictions: Numbers, values: Numbers) -> Numbers:
    index = np.searchsorted(boundaries, values)
    right = np.minimum(index, len(boundaries) - 1)
    left = np.maximum(right - 1, 0)
    with np.errstate(all="ignore"):
        span = (predictions[right] - predictions[left]) * (values - boundaries[left])
        line = predictions[left] + span / (boundaries[right] - boundaries[left])
    return np.asarray(
        np.where(
            (index == 0) | (index == len(boundaries)) | (boundaries[right] == values),
            predictions[right],
            line,
        )
    )
