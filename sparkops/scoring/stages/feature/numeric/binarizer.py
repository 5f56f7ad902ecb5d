"""A number, or each slot of a vector, to 1 above a threshold and 0 elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....batch.columns import Denses, Frame, OneHots, Part, Scalars, Sparses, Vectors
from ....codegen.code_writer import Code, number
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import array, need


@dataclass(frozen=True, slots=True)
class Binarize:
    """arrays: threshold (1). A null or NaN number gives 0; a NaN slot gives 1 below a negative threshold, as in Spark."""

    op: str = "binarize"

    def emit(self, step: Step, code: Code) -> None:
        """Write one comparison a slot."""
        threshold = float(array(step, "threshold", 1)[0])
        need(step, good=threshold == threshold)  # noqa: PLR0124
        source = code.columns.get(step.inputs[0])
        if isinstance(source, Vector):
            vector = code.features(step.inputs[0], step.stage)
            blocks = tuple(_block(block, threshold, code) for block in vector.blocks)
            code.columns[step.outputs[0]] = Vector(blocks, None, vector.field)
            return
        found = code.atom(code.scalar(step.inputs[0], step.stage))
        code.boundary(found, [threshold])
        guard = f"{found.expr} is not None and " if found.null else ""
        expr = f"(1.0 if {guard}{found.expr} > {number(threshold)} else 0.0)"
        code.columns[step.outputs[0]] = Scalar(
            code.local(expr), "double", limit=2, field=found.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Compare in every row."""
        threshold = float(step.arrays["threshold"][0])
        source = frame.columns[step.inputs[0]]
        if isinstance(source, Vectors):
            vectors = frame.features(step.inputs[0])
            blocks = tuple(_part(block, threshold) for block in vectors.blocks)
            frame.columns[step.outputs[0]] = Vectors(blocks)
            return
        above = source.values > threshold
        above = above if source.null is None else above & ~source.null
        frame.columns[step.outputs[0]] = Scalars(above.astype(np.float64))


def _apply(values: Numbers, threshold: float) -> Numbers:
    """Return the slots' answers; Spark asks for `<=` where the threshold is negative, so that NaN gives 1."""
    hit = values > threshold if threshold >= 0.0 else ~(values <= threshold)
    return np.asarray(hit.astype(np.float64))


def _block(block: Block, threshold: float, code: Code) -> Block:
    if isinstance(block, OneHot):
        return replace(block, hot=_apply(block.hot, threshold), base=_apply(block.base, threshold))
    if isinstance(block, Scalar):
        code.boundary(block, [threshold])
        test = f"{block.expr} > " if threshold >= 0.0 else f"not {block.expr} <= "
        expr = code.local(f"1.0 if {test}{number(threshold)} else 0.0")
        return Scalar(expr, "double", limit=2, field=block.field, scale=0.0)
    if isinstance(block, Sparse) and threshold >= 0.0:
        expr = f"{{at: 1.0 for at, value in {block.expr}.items() if value > {number(threshold)}}}"
        return replace(block, expr=code.local(expr))
    whole = code.dense(Vector((block,)))
    kernel = code.constant(partial(_list, threshold=threshold))
    return Dense(code.local(f"{kernel}({whole})"), block.size, block.field, nan=False)


def _list(values: list[float], *, threshold: float) -> list[float]:
    if threshold >= 0.0:
        return [1.0 if value > threshold else 0.0 for value in values]
    return [0.0 if value <= threshold else 1.0 for value in values]


def _part(part: Part, threshold: float) -> Part:
    if isinstance(part, OneHots):
        return replace(part, hot=_apply(part.hot, threshold), base=_apply(part.base, threshold))
    if isinstance(part, Scalars):
        return Scalars(_apply(part.values, threshold))
    if isinstance(part, Sparses) and threshold >= 0.0:
        kept = part.values > threshold
        return replace(part, rows=part.rows[kept], slots=part.slots[kept], values=np.ones(int(kept.sum())))
    return Denses(_apply(part.values if isinstance(part, Denses) else part.dense(), threshold))
