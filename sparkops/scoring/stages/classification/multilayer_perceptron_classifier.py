"""MultilayerPerceptronClassificationModel: sigmoid layers, and a softmax at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import inf, nan
from operator import mul

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import CodeWriter
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import float_array, require
from ...kernels import class_decision
from ...kernels.sums import sum_in_order

Layer = list[tuple[list[float], float]]
"""The weights and the bias of each unit."""
# Number of weights from which NumPy is faster than sums in Python.
_MIN_WEIGHTS_FOR_ARRAYS = 512


@dataclass(frozen=True, slots=True)
class MultilayerPerceptronClassifier:
    """params: layers, classes; arrays: weights, for each layer its matrix (inputs, outputs), then its biases."""

    op: str = "perceptron"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call for all layers, and the class."""
        layers = _read_layers(step)
        row = code.assign_dense(code.get_features(step.inputs[0], step.stage, len(layers[0][0])))
        if sum(weights.size for weights, _ in layers) >= _MIN_WEIGHTS_FOR_ARRAYS:
            kernel = partial(_evaluate_arrays, layers)
        else:
            kernel = partial(_evaluate, [_split_units(*layer) for layer in layers])
        raw = code.assign(f"{code.bind_constant(kernel)}({row})")
        class_decision.emit_classification(
            step, code, raw, code.assign(f"{code.bind_constant(_softmax)}({raw})")
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Classify every row."""
        raw = _evaluate_rows(_read_layers(step), frame.get_features(step.inputs[0]).to_dense())
        probability = class_decision.softmax_rows(raw)
        probability[~(raw < inf).all(axis=1)] = nan
        class_decision.run_classification(step, frame, raw, probability)


def _softmax(raw: Sequence[float]) -> list[float]:
    """Return probabilities; unlike Spark's other classifiers, a score of positive infinity makes all of them NaN."""
    if all(map(inf.__gt__, raw)):
        return class_decision.softmax(raw)
    return [nan for _ in raw]


def _read_layers(step: Step) -> list[tuple[Numbers, Numbers]]:
    """Return weights (inputs, outputs) and biases of each layer."""
    sizes, flat, start = step.params["layers"], float_array(step, "weights", None), 0
    valid = (
        isinstance(sizes, list) and len(sizes) > 1 and all(type(size) is int and size > 0 for size in sizes)
    )
    require(step, good=valid and step.params["classes"] == sizes[-1])
    require(step, good=sum((a + 1) * b for a, b in pairwise(sizes)) == len(flat))
    if "thresholds" in step.arrays:
        float_array(step, "thresholds", sizes[-1])
    layers = []
    for inputs, outputs in pairwise(sizes):
        end = start + inputs * outputs
        layers.append((flat[start:end].reshape(inputs, outputs), flat[end : end + outputs]))
        start = end + outputs
    return layers


def _split_units(weights: Numbers, biases: Numbers) -> Layer:
    return list(zip(weights.T.tolist(), biases.tolist(), strict=True))


def _evaluate(layers: Sequence[Layer], row: Sequence[float]) -> list[float]:
    *hidden, last = layers
    for layer in hidden:
        row = [class_decision.sigmoid(sum_in_order(map(mul, weights, row)) + bias) for weights, bias in layer]
    return [sum_in_order(map(mul, weights, row)) + bias for weights, bias in last]


def _evaluate_arrays(layers: Sequence[tuple[Numbers, Numbers]], row: Sequence[float]) -> list[float]:
    scores: list[float] = _evaluate_rows(layers, np.array(row)).tolist()
    return scores


def _evaluate_rows(layers: Sequence[tuple[Numbers, Numbers]], values: Numbers) -> Numbers:
    *hidden, (last_weights, last_biases) = layers
    with np.errstate(all="ignore"):
        for weights, biases in hidden:
            values = class_decision.sigmoid_rows(values @ weights + biases)
        return np.asarray(values @ last_weights + last_biases)
