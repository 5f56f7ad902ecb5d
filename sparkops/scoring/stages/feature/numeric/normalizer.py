"""Normalizer: a vector divided by its p-norm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, nan, sqrt

import numpy as np

from ....batch.columns import DenseBlock, Frame, SparseBlock, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Dense, Sparse, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import enum_param, float_array, require
from ....jvm.math import power
from ....kernels.sums import sum_in_order
from ....kernels.vector_layout import (
    STORED,
    build_slots_expr,
    evaluate_rows,
    is_sparse,
    make_refusing_function,
    mark_ambiguous,
)

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Normalizer:
    """params: stored (see `vector_layout`); arrays: p (1), which may be infinity. A vector of norm 0 stays as it is."""

    op: str = "normalize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call; wide vectors stay dictionaries."""
        p, stored = float(float_array(step, "p", 1)[0]), enum_param(step, "stored", STORED)
        require(step, good=p >= 1.0)
        source = code.get_features(step.inputs[0], step.stage)
        if stored == "unknown":
            mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        norm_of = partial(_compute_norm, p=p)
        evaluate_exactly = make_refusing_function(
            name, step.stage, stored, partial(_normalize_exactly, norm_of=norm_of)
        )
        result: Dense | Sparse
        kernel: Callable[..., object]
        if source.sparse:
            kernel = partial(
                _normalize_sparse,
                norm_of=norm_of,
                size=source.size,
                evaluate_exactly=evaluate_exactly,
                stored=stored,
            )
            result = Sparse(
                code.assign(f"{code.bind_constant(kernel)}({code.assign_sparse(source)})"),
                source.size,
                source.field,
            )
        else:
            kernel = partial(_normalize_dense, norm_of=norm_of, evaluate_exactly=evaluate_exactly)
            result = Dense(
                code.assign(
                    f"{code.bind_constant(kernel)}({build_slots_expr(code, source, stored, code.assign_dense(source))})"
                ),
                source.size,
                source.field,
            )
        code.columns[step.outputs[0]] = Vector((result,), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Divide every row."""
        source, p = frame.get_features(step.inputs[0]), float(step.arrays["p"][0])
        if any(isinstance(block, SparseBlock) for block in source.blocks):
            entries = source.to_sparse(frame.size)
            norms = _compute_sparse_norms(entries, p)
            if not np.isnan(norms).any():
                values = entries.values / np.where(norms == 0.0, 1.0, norms)[entries.rows]
                part = SparseBlock(entries.rows, entries.slots, values, entries.size, entries.count)
                frame.columns[step.outputs[0]] = VectorColumn((part,))
                return
        table = source.to_dense()
        norms = _compute_norms(table, p)
        with np.errstate(all="ignore"):
            result = table / np.where(norms == 0.0, 1.0, norms)[:, None]
        exactly = partial(_normalize_exactly, norm_of=partial(_compute_norm, p=p))
        with_nan = np.flatnonzero(np.isnan(norms)).tolist()
        evaluate_rows(frame, result, source, with_nan, step.params["stored"], exactly)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(result, source.sparse_rows),))


def _compute_norm(values: Iterable[float], *, p: float) -> float:
    if p == 2.0:  # noqa: PLR2004
        return sqrt(sum_in_order([value * value for value in values]))
    if p == 1.0:
        return float(sum_in_order(map(abs, values)))
    # Java's `>` skips NaN.
    if p == inf:
        return max((abs(value) for value in values if value == value), default=0.0)  # noqa: PLR0124
    return power(sum_in_order([power(abs(value), p) for value in values]), 1.0 / p)


def _compute_norms(table: Numbers, p: float) -> Numbers:
    """Return the p-norm of each row."""
    with np.errstate(all="ignore"):
        magnitudes = np.abs(table)
        if p == 1.0:
            return np.asarray(magnitudes.sum(axis=1))
        if p == 2.0:  # noqa: PLR2004
            return np.asarray(np.sqrt((table * table).sum(axis=1)))
        if p == inf:
            return np.asarray(np.nan_to_num(magnitudes, nan=0.0, posinf=np.inf).max(axis=1, initial=0.0))
        return np.asarray((magnitudes**p).sum(axis=1) ** (1.0 / p))


def _compute_sparse_norms(entries: SparseBlock, p: float) -> Numbers:
    """Return the p-norm of each row of a sparse block."""
    magnitudes = np.abs(entries.values)
    if p == inf:
        result = np.zeros(entries.count)
        np.maximum.at(result, entries.rows, np.where(np.isnan(magnitudes), 0.0, magnitudes))
        return result
    with np.errstate(all="ignore"):
        summed = np.bincount(entries.rows, weights=magnitudes**p, minlength=entries.count)
        return np.asarray(summed ** (1.0 / p))


def _normalize_exactly(values: Row, sparse: bool, *, norm_of: Callable[[Row], float]) -> list[float]:
    """Return Spark's result: zeros that a sparse vector does not store stay 0, even if the norm is NaN."""
    norm = norm_of(values)
    if norm == 0.0:
        return list(values)
    return [0.0 if sparse and not value else value / norm for value in values]


def _normalize_dense(
    values: Row, *, norm_of: Callable[[Row], float], evaluate_exactly: Callable[[Row], Row]
) -> Row:
    norm = norm_of(values)
    if norm != norm:  # noqa: PLR0124
        return evaluate_exactly(values)
    return [value / norm for value in values] if norm else values


def _normalize_sparse(
    values: Mapping[int, float],
    *,
    norm_of: Callable[[Iterable[float]], float],
    size: int,
    evaluate_exactly: Callable[[Row], Row],
    stored: str,
) -> Mapping[int, float]:
    norm = norm_of(values.values())
    if norm != norm:  # noqa: PLR0124
        row = [values.get(slot, 0.0) for slot in range(size)]
        if is_sparse(stored, row) is False:
            return dict.fromkeys(range(size), nan)
        return {slot: value for slot, value in enumerate(evaluate_exactly(row)) if value}
    return {slot: value / norm for slot, value in values.items()} if norm else values
