"""From raw scores and probabilities to a class, as Spark's classifiers decide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import exp, inf, isfinite, nan

import numpy as np

from ..batch.columns import Frame, ScalarColumn, VectorColumn
from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar, Vector
from ..ir.arrays import Numbers
from ..ir.description import Step
from .sums import sum_in_order

Values = Sequence[float]


def softmax(raw: Values) -> list[float]:
    """Return probabilities of raw scores. A score of positive infinity gets probability 1, as in Spark."""
    highest = max(raw)
    total = sum_in_order(raw)
    if not isfinite(total):
        return _softmax_of_non_finite(raw, highest)
    powers = [exp(value - highest) for value in raw]
    factor = 1.0 / sum_in_order(powers)
    return [power * factor for power in powers]


def _softmax_of_non_finite(raw: Values, highest: float) -> list[float]:
    """Return `softmax` of scores that are not all finite, or whose sum overflows."""
    if inf in raw:
        first = list(raw).index(inf)
        return [1.0 if index == first else value * 0.0 for index, value in enumerate(raw)]
    powers = [nan if highest == -inf else exp(value - highest) for value in raw]
    factor = 1.0 / sum_in_order(powers)
    return [power * factor for power in powers]


def softmax_rows(raw: Numbers) -> Numbers:
    """Return `softmax` of each row of (rows, classes)."""
    # Reductions along a short last axis are slow.
    columns = np.ascontiguousarray(raw.T)
    with np.errstate(all="ignore"):
        powers = np.exp(columns - columns.max(axis=0))
        result = (powers * (1.0 / powers.sum(axis=0))).T
    for index in np.flatnonzero(~np.isfinite(columns).all(axis=0)).tolist():
        result[index] = softmax(raw[index].tolist())
    return np.asarray(result)


def sigmoid(margin: float) -> float:
    """Return 1 / (1 + exp(-margin)) without overflow."""
    return 1.0 / (1.0 + exp(-margin)) if margin > -709.0 or margin != margin else 0.0  # noqa: PLR0124, PLR2004


def sigmoid_rows(margin: Numbers) -> Numbers:
    """Return `sigmoid` of each number."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-margin)))


def argmax(values: Values) -> float:
    """Return the index of the first maximum."""
    best = 0
    for index in range(1, len(values)):
        if values[index] > values[best]:
            best = index
    return float(best)


def argmax_by_threshold(values: Values, thresholds: Values) -> float:
    """Return the class with the largest ratio of probability to threshold."""
    best, highest = 0, -inf
    for index, (value, threshold) in enumerate(zip(values, thresholds, strict=True)):
        ratio = value / threshold if threshold else (inf if value > 0.0 else nan)
        if ratio > highest:
            best, highest = index, ratio
    return float(best)


def emit_classification(step: Step, code: CodeWriter, raw: str, probability: str) -> None:
    """Generate the decision of a classifier, by the largest score or by `thresholds`, and bind its three columns.

    Args:
        step: Its outputs are (prediction, probability, rawPrediction), "" for one that Spark does not compute.
        code: Receives the code and the columns.
        raw: Variable that holds the list of raw scores.
        probability: Variable that holds the list of probabilities.
    """
    scores = raw if step.outputs[2] or not step.outputs[1] else probability
    if "thresholds" in step.arrays:
        thresholds = step.arrays["thresholds"].tolist()
        choice = f"{code.bind_constant(partial(argmax_by_threshold, thresholds=thresholds))}({probability})"
    elif step.params["classes"] == 2:  # noqa: PLR2004
        choice = f"1.0 if {scores}[1] > {scores}[0] else 0.0"
    else:
        choice = f"{code.bind_constant(argmax)}({scores})"
    bind_names(step, code, code.assign(choice), raw, probability)


def bind_names(step: Step, code: CodeWriter, prediction: str, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier to variables."""
    classes = int(step.params["classes"])
    code.columns[step.outputs[0]] = Scalar(prediction, "double")
    for column, name in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            slots = tuple(
                Scalar(f"{name}[{index}]", "double", nan=True, atom=False) for index in range(classes)
            )
            code.columns[column] = Vector(slots)


def run_classification(step: Step, frame: Frame, raw: Numbers, probability: Numbers) -> None:
    """Decide the class of each row and bind the three columns of a classifier."""
    scores = raw if step.outputs[2] or not step.outputs[1] else probability
    if "thresholds" in step.arrays:
        thresholds = step.arrays["thresholds"]
        with np.errstate(all="ignore"):
            scores = probability / thresholds
        scores = np.where(np.isnan(scores), -np.inf, scores)
    bind_columns(step, frame, argmax_rows(scores), raw, probability)


def bind_columns(step: Step, frame: Frame, prediction: Numbers, raw: Numbers, probability: Numbers) -> None:
    """Bind the three columns of a classifier to arrays."""
    frame.columns[step.outputs[0]] = ScalarColumn(prediction)
    for column, values in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            frame.columns[column] = VectorColumn(
                tuple(ScalarColumn(values[:, index]) for index in range(values.shape[1]))
            )


def argmax_rows(values: Numbers) -> Numbers:
    """Return `argmax` of each row of (rows, classes)."""
    best, highest = np.zeros(len(values)), values[:, 0].copy()
    for index in range(1, values.shape[1]):
        better = values[:, index] > highest
        best[better], highest[better] = index, values[better, index]
    return best
