"""A vector divided by its own length."""

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
from ....kernels.vector_layout import STORED, evaluate_rows, guarded, is_sparse, mark_ambiguous

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Normalizer:
    """params: stored (see `storage`); arrays: p (1), infinity for the largest slot. A length of 0 leaves the vector as it is."""

    op: str = "normalize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call; wide vectors stay dictionaries."""
        p, stored = float(float_array(step, "p", 1)[0]), enum_param(step, "stored", STORED)
        require(step, good=p >= 1.0)
        source = code.features(step.inputs[0], step.stage)
        if stored == "unknown":
            mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        length = partial(_length, p=p)
        rare = guarded(name, step.stage, stored, partial(_careful, length=length))
        made: Dense | Sparse
        kernel: Callable[..., object]
        if source.sparse:
            kernel = partial(_few, length=length, size=source.size, rare=rare, stored=stored)
            made = Sparse(
                code.local(f"{code.constant(kernel)}({code.sparse(source)})"), source.size, source.field
            )
        else:
            kernel = partial(_all, length=length, rare=rare)
            made = Dense(
                code.local(f"{code.constant(kernel)}({code.dense(source)})"), source.size, source.field
            )
        code.columns[step.outputs[0]] = Vector((made,), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Divide every row."""
        source, p = frame.features(step.inputs[0]), float(step.arrays["p"][0])
        if any(isinstance(block, SparseBlock) for block in source.blocks):
            entries = source.sparse(frame.size)
            lengths = _lengths_of(entries, p)
            if not np.isnan(lengths).any():
                values = entries.values / np.where(lengths == 0.0, 1.0, lengths)[entries.rows]
                part = SparseBlock(entries.rows, entries.slots, values, entries.size, entries.count)
                frame.columns[step.outputs[0]] = VectorColumn((part,))
                return
        table = source.dense()
        lengths = _lengths(table, p)
        with np.errstate(all="ignore"):
            made = table / np.where(lengths == 0.0, 1.0, lengths)[:, None]
        careful = partial(_careful, length=partial(_length, p=p))
        rare = np.flatnonzero(np.isnan(lengths)).tolist()
        evaluate_rows(frame, made, table, rare, step.params["stored"], careful)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(made),))


def _length(values: Iterable[float], *, p: float) -> float:
    if p == 2.0:  # noqa: PLR2004
        return sqrt(sum([value * value for value in values]))
    if p == 1.0:
        return float(sum(map(abs, values)))
    if p == inf:  # Java's `>` passes over NaN
        return max((abs(value) for value in values if value == value), default=0.0)  # noqa: PLR0124
    return power(sum([power(abs(value), p) for value in values]), 1.0 / p)


def _lengths(table: Numbers, p: float) -> Numbers:
    with np.errstate(all="ignore"):
        sizes = np.abs(table)
        if p == 1.0:
            return np.asarray(sizes.sum(axis=1))
        if p == 2.0:  # noqa: PLR2004
            return np.asarray(np.sqrt((table * table).sum(axis=1)))
        if p == inf:
            return np.asarray(np.nan_to_num(sizes, nan=0.0, posinf=np.inf).max(axis=1, initial=0.0))
        return np.asarray((sizes**p).sum(axis=1) ** (1.0 / p))


def _lengths_of(entries: SparseBlock, p: float) -> Numbers:
    sizes = np.abs(entries.values)
    if p == inf:
        result = np.zeros(entries.count)
        np.maximum.at(result, entries.rows, np.where(np.isnan(sizes), 0.0, sizes))
        return result
    with np.errstate(all="ignore"):
        summed = np.bincount(entries.rows, weights=sizes**p, minlength=entries.count)
        return np.asarray(summed ** (1.0 / p))


def _careful(values: Row, sparse: bool, *, length: Callable[[Row], float]) -> list[float]:
    norm = length(values)
    if norm == 0.0:
        return list(values)
    return [0.0 if sparse and not value else value / norm for value in values]


def _all(values: Row, *, length: Callable[[Row], float], rare: Callable[[Row], Row]) -> Row:
    norm = length(values)
    if norm != norm:  # noqa: PLR0124
        return rare(values)
    return [value / norm for value in values] if norm else values


def _few(
    values: Mapping[int, float],
    *,
    length: Callable[[Iterable[float]], float],
    size: int,
    rare: Callable[[Row], Row],
    stored: str,
) -> Mapping[int, float]:
    norm = length(values.values())
    if norm != norm:  # noqa: PLR0124
        whole = [values.get(at, 0.0) for at in range(size)]
        if is_sparse(stored, whole) is False:
            return dict.fromkeys(range(size), nan)
        return {at: value for at, value in enumerate(rare(whole)) if value}
    return {at: value / norm for at, value in values.items()} if norm else values
