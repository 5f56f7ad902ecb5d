"""A mixture of Gaussians: how likely each one made the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import mul
from sys import float_info

import numpy as np

from ...batch.columns import DenseBlock, Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Dense, Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import float_array, require
from ...jvm.math import exp
from ...kernels import class_decision

Part = tuple[float, float, list[tuple[list[float], float]]]
_LARGE = 512  # from here on one product of arrays is cheaper than Python's own sums
_EPSILON = float_info.epsilon


@dataclass(frozen=True, slots=True)
class GaussianMixture:
    """arrays: weights (n), heights (n) the logarithms of the densities' factors, roots (n, features, features), shifts (n, features).

    A density is exp(height - |shift - root x|^2 / 2): root is the whitening matrix of a covariance, shift that of its mean.
    outputs: prediction, probability; "" where Spark makes none.
    """

    op: str = "mixture"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call that measures all densities, and the choice."""
        roots = _roots(step)
        row = code.dense(code.features(step.inputs[0], step.stage, roots.shape[2]))
        kernel = _at_once(step) if roots.size >= _LARGE else partial(_shares, _parts(step))
        shares = code.local(f"{code.constant(kernel)}({row})")
        prediction, probability = step.outputs
        if probability:
            code.columns[probability] = Vector((Dense(shares, len(roots)),))
        if prediction:
            choice = code.local(f"int({code.constant(class_decision.argmax)}({shares}))")
            code.columns[prediction] = Scalar(choice, "integer", limit=len(roots))

    def run(self, step: Step, frame: Frame) -> None:
        """Measure all densities of every row."""
        shares = _all_shares(step, frame.features(step.inputs[0]).dense())
        prediction, probability = step.outputs
        if probability:
            frame.columns[probability] = VectorColumn((DenseBlock(shares),))
        if prediction:
            frame.columns[prediction] = ScalarColumn(class_decision.argmax_rows(shares).astype(np.int64))


def _roots(step: Step) -> Numbers:
    count = len(float_array(step, "weights", None))
    roots = float_array(step, "roots", count, None, None)
    require(step, good=count > 0 and roots.shape[1] == roots.shape[2])
    float_array(step, "heights", count)
    float_array(step, "shifts", count, roots.shape[1])
    return roots


def _parts(step: Step) -> list[Part]:
    """Return weight, height, and rows of root and shift of each Gaussian."""
    names = ("weights", "heights", "roots", "shifts")
    return [
        (weight, height, list(zip(root, shift, strict=True)))
        for weight, height, root, shift in zip(*(step.arrays[name].tolist() for name in names), strict=True)
    ]


def _shares(parts: Sequence[Part], row: Sequence[float]) -> list[float]:
    likely = []
    for weight, height, lines in parts:
        gaps = [shift - sum(map(mul, line, row)) for line, shift in lines]
        likely.append(_EPSILON + weight * exp(height - 0.5 * sum(map(mul, gaps, gaps))))
    total = sum(likely)
    return [each / total for each in likely]


def _at_once(step: Step) -> Callable[[Sequence[float]], list[float]]:
    """Return `_shares` as one product of arrays."""
    weights, heights, roots, shifts = (
        step.arrays[name].astype(np.float64) for name in ("weights", "heights", "roots", "shifts")
    )
    flat = np.ascontiguousarray(roots.reshape(-1, roots.shape[2]))

    def shares(row: Sequence[float]) -> list[float]:
        with np.errstate(all="ignore"):
            gaps = shifts - (flat @ np.array(row)).reshape(shifts.shape)
            likely = _EPSILON + weights * np.exp(heights - 0.5 * (gaps * gaps).sum(axis=1))
            found: list[float] = (likely / likely.sum()).tolist()
        return found

    return shares


def _all_shares(step: Step, table: Numbers) -> Numbers:
    likely = np.empty((len(table), len(step.arrays["weights"])))
    with np.errstate(all="ignore"):
        for at, (weight, height, root, shift) in enumerate(
            zip(*(step.arrays[name] for name in ("weights", "heights", "roots", "shifts")), strict=True)
        ):
            gaps = shift - table @ root.T
            likely[:, at] = _EPSILON + weight * np.exp(height - 0.5 * (gaps * gaps).sum(axis=1))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))
