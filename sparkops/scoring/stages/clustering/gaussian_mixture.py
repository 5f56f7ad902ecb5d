"""GaussianMixtureModel: the share of each Gaussian's weighted density."""

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
from ...kernels.sums import sum_in_order

Gaussian = tuple[float, float, list[tuple[list[float], float]]]
# Number of matrix elements from which NumPy is faster than sums in Python.
_MIN_ELEMENTS_FOR_ARRAYS = 512
_EPSILON = float_info.epsilon


@dataclass(frozen=True, slots=True)
class GaussianMixture:
    """arrays: weights (n), heights (n), roots (n, features, features), shifts (n, features).

    A density is exp(height - |shift - root x|^2 / 2). The root is the whitening matrix W of the covariance, the shift
    is W times the mean, and the height is the logarithm of the density's factor.
    outputs: prediction, probability; "" for one that Spark does not make.
    """

    op: str = "mixture"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call that computes all densities, and the choice."""
        roots = _read_roots(step)
        row = code.assign_dense(code.get_features(step.inputs[0], step.stage, roots.shape[2]))
        kernel = (
            _make_array_shares_function(step)
            if roots.size >= _MIN_ELEMENTS_FOR_ARRAYS
            else partial(_compute_shares, _read_gaussians(step))
        )
        shares = code.assign(f"{code.bind_constant(kernel)}({row})")
        prediction, probability = step.outputs
        if probability:
            code.columns[probability] = Vector((Dense(shares, len(roots)),))
        if prediction:
            index = code.assign(f"int({code.bind_constant(class_decision.argmax)}({shares}))")
            code.columns[prediction] = Scalar(index, "integer", limit=len(roots))

    def run(self, step: Step, frame: Frame) -> None:
        """Compute all densities of every row."""
        shares = _compute_shares_of_rows(step, frame.get_features(step.inputs[0]).to_dense())
        prediction, probability = step.outputs
        if probability:
            frame.columns[probability] = VectorColumn((DenseBlock(shares),))
        if prediction:
            frame.columns[prediction] = ScalarColumn(class_decision.argmax_rows(shares).astype(np.int64))


def _read_roots(step: Step) -> Numbers:
    count = len(float_array(step, "weights", None))
    roots = float_array(step, "roots", count, None, None)
    require(step, good=count > 0 and roots.shape[1] == roots.shape[2])
    float_array(step, "heights", count)
    float_array(step, "shifts", count, roots.shape[1])
    return roots


def _read_gaussians(step: Step) -> list[Gaussian]:
    """Return weight, height, and the rows of root and shift of each Gaussian."""
    names = ("weights", "heights", "roots", "shifts")
    return [
        (weight, height, list(zip(root, shift, strict=True)))
        for weight, height, root, shift in zip(*(step.arrays[name].tolist() for name in names), strict=True)
    ]


def _compute_shares(gaussians: Sequence[Gaussian], row: Sequence[float]) -> list[float]:
    densities = []
    for weight, height, rows in gaussians:
        gaps = [shift - sum_in_order(map(mul, line, row)) for line, shift in rows]
        densities.append(_EPSILON + weight * exp(height - 0.5 * sum_in_order(map(mul, gaps, gaps))))
    total = sum_in_order(densities)
    return [density / total for density in densities]


def _make_array_shares_function(step: Step) -> Callable[[Sequence[float]], list[float]]:
    """Return the function that computes the shares of a row with one matrix product."""
    weights, heights, roots, shifts = (
        step.arrays[name].astype(np.float64) for name in ("weights", "heights", "roots", "shifts")
    )
    flat = np.ascontiguousarray(roots.reshape(-1, roots.shape[2]))

    def shares(row: Sequence[float]) -> list[float]:
        with np.errstate(all="ignore"):
            gaps = shifts - (flat @ np.array(row)).reshape(shifts.shape)
            densities = _EPSILON + weights * np.exp(heights - 0.5 * (gaps * gaps).sum(axis=1))
            result: list[float] = (densities / densities.sum()).tolist()
        return result

    return shares


def _compute_shares_of_rows(step: Step, table: Numbers) -> Numbers:
    densities = np.empty((len(table), len(step.arrays["weights"])))
    with np.errstate(all="ignore"):
        for component, (weight, height, root, shift) in enumerate(
            zip(*(step.arrays[name] for name in ("weights", "heights", "roots", "shifts")), strict=True)
        ):
            gaps = shift - table @ root.T
            densities[:, component] = _EPSILON + weight * np.exp(height - 0.5 * (gaps * gaps).sum(axis=1))
        return np.asarray(densities / densities.sum(axis=1, keepdims=True))
