"""A vector to its sums with some directions: principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Block, Dense, Scalar, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import float_array, require
from ....kernels.linear_sums import margin_expr, margin_rows

_WRITTEN_OUT = 2048  # terms


@dataclass(frozen=True, slots=True)
class PCA:
    """arrays: directions (outputs, slots)."""

    op: str = "project"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one sum a direction, or one product with them all."""
        directions = float_array(step, "directions", None, None)
        require(step, good=bool(np.isfinite(directions).all()))
        source = code.features(step.inputs[0], step.stage, directions.shape[1])
        code.columns[step.outputs[0]] = Vector(sums(code, source, directions), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Sum in every row."""
        source = frame.features(step.inputs[0])
        frame.columns[step.outputs[0]] = VectorColumn(
            (DenseBlock(all_sums(source, frame, step.arrays["directions"])),)
        )


def sums(code: CodeWriter, source: Vector, directions: Numbers) -> tuple[Block, ...]:
    """Return the sum with each direction as a part of a vector."""
    terms = sum(block.size if isinstance(block, Scalar) else 1 for block in source.blocks)
    if terms * len(directions) > _WRITTEN_OUT and not source.sparse:
        kernel = code.constant(partial(_product, directions=directions))
        return (Dense(code.local(f"{kernel}({code.dense(source)})"), len(directions), source.field),)
    found = (code.local(margin_expr(source, each, 0.0, code, sparse=False)) for each in directions)
    return tuple(Scalar(name, "double", nan=True, field=source.field, scale=0.0) for name in found)


def all_sums(source: VectorColumn, frame: Frame, directions: Numbers) -> Numbers:
    """Return (rows, directions) sums."""
    found = [margin_rows(source, each, 0.0, frame.size, sparse=False) for each in directions]
    return np.column_stack(found) if found else np.zeros((frame.size, 0))


def _product(values: Sequence[float], *, directions: Numbers) -> list[float]:
    made: list[float] = (directions @ np.array(values, dtype=np.float64)).tolist()
    return made
