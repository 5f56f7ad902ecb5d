"""Binarizer: a number, or each slot of a vector, to 1 above a threshold, else 0."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....batch.columns import (
    DenseBlock,
    Frame,
    OneHotBlock,
    ScalarColumn,
    SparseBlock,
    VectorBlock,
    VectorColumn,
)
from ....codegen.code_writer import CodeWriter, format_float
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import float_array, require


@dataclass(frozen=True, slots=True)
class Binarizer:
    """arrays: threshold (1). A null or NaN number gives 0; a NaN slot gives 1 if the threshold is negative."""

    op: str = "binarize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one comparison for each slot."""
        threshold = float(float_array(step, "threshold", 1)[0])
        require(step, good=threshold == threshold)  # noqa: PLR0124
        source = code.columns.get(step.inputs[0])
        if isinstance(source, Vector):
            vector = code.get_features(step.inputs[0], step.stage)
            blocks = tuple(_emit_block(block, threshold, code) for block in vector.blocks)
            code.columns[step.outputs[0]] = Vector(blocks, None, vector.field)
            return
        scalar = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        code.add_boundaries(scalar, [threshold])
        guard = f"{scalar.expr} is not None and " if scalar.null else ""
        expr = f"(1.0 if {guard}{scalar.expr} > {format_float(threshold)} else 0.0)"
        code.columns[step.outputs[0]] = Scalar(
            code.assign(expr), "double", limit=2, field=scalar.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Compare every row."""
        threshold = float(step.arrays["threshold"][0])
        source = frame.columns[step.inputs[0]]
        if isinstance(source, VectorColumn):
            vectors = frame.get_features(step.inputs[0])
            blocks = tuple(_binarize_column(block, threshold) for block in vectors.blocks)
            frame.columns[step.outputs[0]] = VectorColumn(blocks)
            return
        above = source.values > threshold
        above = above if source.null is None else above & ~source.null
        frame.columns[step.outputs[0]] = ScalarColumn(above.astype(np.float64))


def _binarize(values: Numbers, threshold: float) -> Numbers:
    """Return 1 or 0 for each slot; Spark tests `<=` if the threshold is negative, so that NaN gives 1."""
    above = values > threshold if threshold >= 0.0 else ~(values <= threshold)
    return np.asarray(above.astype(np.float64))


def _emit_block(block: Block, threshold: float, code: CodeWriter) -> Block:
    if isinstance(block, OneHot):
        return replace(block, hot=_binarize(block.hot, threshold), base=_binarize(block.base, threshold))
    if isinstance(block, Scalar):
        code.add_boundaries(block, [threshold])
        test = f"{block.expr} > " if threshold >= 0.0 else f"not {block.expr} <= "
        expr = code.assign(f"1.0 if {test}{format_float(threshold)} else 0.0")
        return Scalar(expr, "double", limit=2, field=block.field, scale=0.0)
    if isinstance(block, Sparse) and threshold >= 0.0:
        expr = f"{{slot: 1.0 for slot, value in {block.expr}.items() if value > {format_float(threshold)}}}"
        return replace(block, expr=code.assign(expr))
    row = code.assign_dense(Vector((block,)))
    kernel = code.bind_constant(partial(_binarize_list, threshold=threshold))
    return Dense(code.assign(f"{kernel}({row})"), block.size, block.field, nan=False)


def _binarize_list(values: list[float], *, threshold: float) -> list[float]:
    if threshold >= 0.0:
        return [1.0 if value > threshold else 0.0 for value in values]
    return [0.0 if value <= threshold else 1.0 for value in values]


def _binarize_column(block: VectorBlock, threshold: float) -> VectorBlock:
    if isinstance(block, OneHotBlock):
        return replace(block, hot=_binarize(block.hot, threshold), base=_binarize(block.base, threshold))
    if isinstance(block, ScalarColumn):
        return ScalarColumn(_binarize(block.values, threshold))
    if isinstance(block, SparseBlock) and threshold >= 0.0:
        above = block.values > threshold
        return replace(
            block, rows=block.rows[above], slots=block.slots[above], values=np.ones(int(above.sum()))
        )
    return DenseBlock(
        _binarize(block.values if isinstance(block, DenseBlock) else block.to_dense(), threshold)
    )
