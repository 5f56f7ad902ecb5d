"""A number, or each slot of a vector, to 1 above a threshold and 0 elsewhere."""

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
from ....codegen.code_writer import CodeWriter, float_literal
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import float_array, require


@dataclass(frozen=True, slots=True)
class Binarizer:
    """arrays: threshold (1). A null or NaN number gives 0; a NaN slot gives 1 below a negative threshold, as in Spark."""

    op: str = "binarize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one comparison a slot."""
        threshold = float(float_array(step, "threshold", 1)[0])
        require(step, good=threshold == threshold)  # noqa: PLR0124
        source = code.columns.get(step.inputs[0])
        if isinstance(source, Vector):
            vector = code.features(step.inputs[0], step.stage)
            blocks = tuple(_block(block, threshold, code) for block in vector.blocks)
            code.columns[step.outputs[0]] = Vector(blocks, None, vector.field)
            return
        found = code.atom(code.scalar(step.inputs[0], step.stage))
        code.add_boundaries(found, [threshold])
        guard = f"{found.expr} is not None and " if found.null else ""
        expr = f"(1.0 if {guard}{found.expr} > {float_literal(threshold)} else 0.0)"
        code.columns[step.outputs[0]] = Scalar(
            code.local(expr), "double", limit=2, field=found.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Compare in every row."""
        threshold = float(step.arrays["threshold"][0])
        source = frame.columns[step.inputs[0]]
        if isinstance(source, VectorColumn):
            vectors = frame.features(step.inputs[0])
            blocks = tuple(_part(block, threshold) for block in vectors.blocks)
            frame.columns[step.outputs[0]] = VectorColumn(blocks)
            return
        above = source.values > threshold
        above = above if source.null is None else above & ~source.null
        frame.columns[step.outputs[0]] = ScalarColumn(above.astype(np.float64))


def _apply(values: Numbers, threshold: float) -> Numbers:
    """Return the slots' answers; Spark asks for `<=` where the threshold is negative, so that NaN gives 1."""
    hit = values > threshold if threshold >= 0.0 else ~(values <= threshold)
    return np.asarray(hit.astype(np.float64))


def _block(block: Block, threshold: float, code: CodeWriter) -> Block:
    if isinstance(block, OneHot):
        return replace(block, hot=_apply(block.hot, threshold), base=_apply(block.base, threshold))
    if isinstance(block, Scalar):
        code.add_boundaries(block, [threshold])
        test = f"{block.expr} > " if threshold >= 0.0 else f"not {block.expr} <= "
        expr = code.local(f"1.0 if {test}{float_literal(threshold)} else 0.0")
        return Scalar(expr, "double", limit=2, field=block.field, scale=0.0)
    if isinstance(block, Sparse) and threshold >= 0.0:
        expr = f"{{at: 1.0 for at, value in {block.expr}.items() if value > {float_literal(threshold)}}}"
        return replace(block, expr=code.local(expr))
    whole = code.dense(Vector((block,)))
    kernel = code.constant(partial(_list, threshold=threshold))
    return Dense(code.local(f"{kernel}({whole})"), block.size, block.field, nan=False)


def _list(values: list[float], *, threshold: float) -> list[float]:
    if threshold >= 0.0:
        return [1.0 if value > threshold else 0.0 for value in values]
    return [0.0 if value <= threshold else 1.0 for value in values]


def _part(part: VectorBlock, threshold: float) -> VectorBlock:
    if isinstance(part, OneHotBlock):
        return replace(part, hot=_apply(part.hot, threshold), base=_apply(part.base, threshold))
    if isinstance(part, ScalarColumn):
        return ScalarColumn(_apply(part.values, threshold))
    if isinstance(part, SparseBlock) and threshold >= 0.0:
        kept = part.values > threshold
        return replace(part, rows=part.rows[kept], slots=part.slots[kept], values=np.ones(int(kept.sum())))
    return DenseBlock(_apply(part.values if isinstance(part, DenseBlock) else part.dense(), threshold))
