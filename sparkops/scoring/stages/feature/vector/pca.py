"""PCAModel: a vector to its products with the principal components."""

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
from ....kernels.linear_sums import build_margin_expr, sum_margins

_MAX_UNROLLED = 2048


@dataclass(frozen=True, slots=True)
class PCA:
    """arrays: directions (outputs, slots), one principal component each."""

    op: str = "project"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one sum for each direction, or one product with all of them."""
        directions = float_array(step, "directions", None, None)
        require(step, good=bool(np.isfinite(directions).all()))
        source = code.get_features(step.inputs[0], step.stage, directions.shape[1])
        code.columns[step.outputs[0]] = Vector(emit_projections(code, source, directions), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Project every row."""
        source = frame.get_features(step.inputs[0])
        frame.columns[step.outputs[0]] = VectorColumn(
            (DenseBlock(project_rows(source, frame, step.arrays["directions"])),)
        )


def emit_projections(code: CodeWriter, source: Vector, directions: Numbers) -> tuple[Block, ...]:
    """Emit the product with each direction; return them as blocks of a vector."""
    terms = sum(block.size if isinstance(block, Scalar) else 1 for block in source.blocks)
    if terms * len(directions) > _MAX_UNROLLED and not source.sparse:
        kernel = code.bind_constant(partial(_project, directions=directions))
        return (Dense(code.assign(f"{kernel}({code.assign_dense(source)})"), len(directions), source.field),)
    products = (
        code.assign(build_margin_expr(source, direction, 0.0, code, sparse=False)) for direction in directions
    )
    return tuple(Scalar(name, "double", nan=True, field=source.field, scale=0.0) for name in products)


def project_rows(source: VectorColumn, frame: Frame, directions: Numbers) -> Numbers:
    """Return (rows, directions) products."""
    products = [sum_margins(source, direction, 0.0, frame.size, sparse=False) for direction in directions]
    return np.column_stack(products) if products else np.zeros((frame.size, 0))


def _project(values: Sequence[float], *, directions: Numbers) -> list[float]:
    with np.errstate(all="ignore"):
        result: list[float] = directions.dot(np.array(values, dtype=np.float64)).tolist()
    return result
