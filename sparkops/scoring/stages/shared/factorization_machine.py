"""Factorization machines: a weighted sum and sums over pairs of features, for numbers and for two classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import mul

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, float_array, require
from ...kernels import class_decision
from ...kernels.linear_sums import build_margin_expr, sum_margins
from ...kernels.sums import sum_in_order


@dataclass(frozen=True, slots=True)
class FactorizationMachine:
    """params: kind ("regress", "classify"), classes (0 or 2), sparse.

    arrays: weights, intercept (1), factors (features, n).
    """

    op: str = "factorization"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the sums, and the class of a classifier."""
        task, (weights, factors) = enum_param(step, "kind", ("regress", "classify")), _read_arrays(step)
        source = code.get_features(step.inputs[0], step.stage, len(weights))
        linear = build_margin_expr(
            source, weights, float(step.arrays["intercept"][0]), code, sparse=bool(step.params["sparse"])
        )
        total = code.assign(f"{linear} + {_build_pair_sum_expr(source, factors, code)}")
        if task == "regress":
            code.columns[step.outputs[0]] = Scalar(total, "double", nan=True)
            return
        second = code.assign(f"{code.bind_constant(class_decision.sigmoid)}({total})")
        class_decision.emit_classification(
            step, code, code.assign(f"(-{total}, {total})"), code.assign(f"(1.0 - {second}, {second})")
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Predict every row."""
        source, (weights, factors) = frame.get_features(step.inputs[0]), _read_arrays(step)
        intercept, sparse = float(step.arrays["intercept"][0]), bool(step.params["sparse"])
        with np.errstate(all="ignore"):
            total = sum_margins(source, weights, intercept, frame.size, sparse=sparse)
            total += _sum_pairs_of_rows(source, factors, frame.size)
            if step.params["kind"] == "regress":
                frame.columns[step.outputs[0]] = ScalarColumn(total)
                return
            second = class_decision.sigmoid_rows(total)
        class_decision.run_classification(
            step, frame, np.column_stack([-total, total]), np.column_stack([1.0 - second, second])
        )


def _read_arrays(step: Step) -> tuple[Numbers, Numbers]:
    weights = float_array(step, "weights", None)
    float_array(step, "intercept", 1)
    classes = 0 if step.params["kind"] == "regress" else 2
    require(step, good=step.params["classes"] == classes)
    if "thresholds" in step.arrays:
        float_array(step, "thresholds", classes)
    return weights, float_array(step, "factors", len(weights), None)


def _build_pair_sum_expr(source: Vector, factors: Numbers, code: CodeWriter) -> str:
    if source.sparse:
        kernel = partial(_sum_sparse_pairs, factors.tolist(), [0.0] * factors.shape[1])
        return f"{code.bind_constant(kernel)}({code.assign_sparse(source)})"
    return f"{code.bind_constant(partial(_sum_pairs, factors.T.tolist()))}({code.assign_dense(source)})"


def _sum_pairs(factors: Sequence[Sequence[float]], row: Sequence[float]) -> float:
    total = 0.0
    for factor in factors:
        terms = [*map(mul, factor, row)]
        sum_ = sum_in_order(terms)
        total += 0.5 * (sum_ * sum_ - sum_in_order(map(mul, terms, terms)))
    return total


def _sum_sparse_pairs(
    factors: Sequence[Sequence[float]], zeros: list[float], row: Mapping[int, float]
) -> float:
    sums, squares = zeros.copy(), zeros.copy()
    for slot, value in row.items():
        for index, factor in enumerate(factors[slot]):
            term = factor * value
            sums[index] += term
            squares[index] += term * term
    return sum_in_order([0.5 * (sum_ * sum_ - square) for sum_, square in zip(sums, squares, strict=True)])


def _sum_pairs_of_rows(source: VectorColumn, factors: Numbers, rows: int) -> Numbers:
    entries = source.to_sparse(rows)
    total = np.zeros(rows)
    for factor in factors.T:
        terms = factor[entries.slots] * entries.values
        sum_ = np.bincount(entries.rows, weights=terms, minlength=rows)
        total += 0.5 * (sum_ * sum_ - np.bincount(entries.rows, weights=terms * terms, minlength=rows))
    return total
