"""From raw scores and probabilities to a class, as Spark's classifiers choose it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import exp, inf, nan

import numpy as np

from ..batch.columns import Frame, ScalarColumn, VectorColumn
from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar, Vector
from ..ir.arrays import Numbers
from ..ir.description import Step

Row = Sequence[float]


def softmax(raw: Row) -> list[float]:
    """Return probabilities of raw scores; an infinite score takes all, and Spark makes NaN of another."""
    top = max(raw)
    total = sum(raw)
    if total - total != 0.0:
        return _strange(raw, top)
    powers = [exp(value - top) for value in raw]
    factor = 1.0 / sum(powers)
    return [power * factor for power in powers]


def _strange(raw: Row, top: float) -> list[float]:
    """Return `softmax` of scores that are not all finite, or whose sum is not."""
    if inf in raw:
        first = list(raw).index(inf)
        return [1.0 if at == first else value * 0.0 for at, value in enumerate(raw)]
    powers = [nan if top == -inf else exp(value - top) for value in raw]
    factor = 1.0 / sum(powers)
    return [power * factor for power in powers]


def softmax_rows(raw: Numbers) -> Numbers:
    """Return `softmax` of every row."""
    columns = np.ascontiguousarray(raw.T)  # NumPy is slow along a short last axis
    with np.errstate(all="ignore"):
        powers = np.exp(columns - columns.max(axis=0))
        result = (powers * (1.0 / powers.sum(axis=0))).T
    for at in np.flatnonzero(~np.isfinite(columns).all(axis=0)).tolist():
        result[at] = softmax(raw[at].tolist())
    return np.asarray(result)


def sigmoid(margin: float) -> float:
    """Return 1 / (1 + exp(-margin)) without overflow."""
    return 1.0 / (1.0 + exp(-margin)) if margin > -709.0 or margin != margin else 0.0  # noqa: PLR0124, PLR2004


def sigmoid_rows(margin: Numbers) -> Numbers:
    """Return `logistic` of every row."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-margin)))


def argmax(values: Row) -> float:
    """Return the index of the first largest value."""
    best = 0
    for at in range(1, len(values)):
        if values[at] > values[best]:
            best = at
    return float(best)


def argmax_by_threshold(values: Row, thresholds: Row) -> float:
    """Return the class whose probability is largest beside its threshold."""
    best, top = 0, -inf
    for at, (value, threshold) in enumerate(zip(values, thresholds, strict=True)):
        ratio = value / threshold if threshold else (inf if value > 0.0 else nan)
        if ratio > top:
            best, top = at, ratio
    return float(best)


def emit_classification(step: Step, code: CodeWriter, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier; its class by the largest score, or by `thresholds`.

    Args:
        step: outputs are (prediction, probability, rawPrediction), "" where Spark makes none; params: classes.
        code: Where it is written.
        raw: Name of the list of raw scores.
        probability: Name of the list of probabilities.
    """
    by = raw if step.outputs[2] or not step.outputs[1] else probability
    if "thresholds" in step.arrays:
        thresholds = step.arrays["thresholds"].tolist()
        choice = f"{code.constant(partial(argmax_by_threshold, thresholds=thresholds))}({probability})"
    elif step.params["classes"] == 2:  # noqa: PLR2004
        choice = f"1.0 if {by}[1] > {by}[0] else 0.0"
    else:
        choice = f"{code.constant(argmax)}({by})"
    bind_names(step, code, code.local(choice), raw, probability)


def bind_names(step: Step, code: CodeWriter, prediction: str, raw: str, probability: str) -> None:
    """Bind the three columns of a classifier to names."""
    classes = int(step.params["classes"])
    code.columns[step.outputs[0]] = Scalar(prediction, "double")
    for column, name in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            slots = tuple(Scalar(f"{name}[{at}]", "double", nan=True, atom=False) for at in range(classes))
            code.columns[column] = Vector(slots)


def run_classification(step: Step, frame: Frame, raw: Numbers, probability: Numbers) -> None:
    """Bind the three columns of a classifier for every row."""
    by = raw if step.outputs[2] or not step.outputs[1] else probability
    if "thresholds" in step.arrays:
        thresholds = step.arrays["thresholds"]
        with np.errstate(all="ignore"):
            by = probability / thresholds
        by = np.where(np.isnan(by), -np.inf, by)
    bind_columns(step, frame, argmax_rows(by), raw, probability)


def bind_columns(step: Step, frame: Frame, prediction: Numbers, raw: Numbers, probability: Numbers) -> None:
    """Bind the three columns of a classifier to arrays."""
    frame.columns[step.outputs[0]] = ScalarColumn(prediction)
    for column, values in zip(step.outputs[1:], (probability, raw), strict=True):
        if column:
            frame.columns[column] = VectorColumn(
                tuple(ScalarColumn(values[:, at]) for at in range(values.shape[1]))
            )


def argmax_rows(values: Numbers) -> Numbers:
    """Return `largest` of every row."""
    best, top = np.zeros(len(values)), values[:, 0].copy()
    for at in range(1, values.shape[1]):
        better = values[:, at] > top
        best[better], top[better] = at, values[better, at]
    return best
