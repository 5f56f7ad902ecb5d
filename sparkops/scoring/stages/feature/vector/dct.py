"""DCT: the discrete cosine transform of a vector (DCT-II, orthonormal), or its inverse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_value_refusal
from ....codegen.symbols import Dense, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import int_param, require
from ....kernels.vector_layout import mark_ambiguous

# The transform is one product with a matrix of this size squared.
MAX_SLOTS = 2048


@dataclass(frozen=True, slots=True)
class DCT:
    """params: size, inverse. Infinities are refused: Spark's result depends on the order of its sums."""

    op: str = "dct"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        require(step, good=isinstance(step.params.get("inverse"), bool))
        source = code.get_features(step.inputs[0], step.stage, size)
        mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        refuse = make_value_refusal(
            name, step.stage, "has no unique answer: it depends on the order of Spark's sums"
        )
        kernel = code.bind_constant(
            partial(_transform_row, matrix=build_transform_matrix(step), refuse=refuse)
        )
        result = Dense(code.assign(f"{kernel}({code.assign_dense(source)})"), size, source.field)
        code.columns[step.outputs[0]] = Vector((result,), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Transform every row."""
        values = frame.get_features(step.inputs[0]).to_dense()
        if values.shape[1] > 1:
            frame.refuse(np.asarray(np.isinf(values).any(axis=1)))
        with np.errstate(all="ignore"):
            transformed = values.dot(build_transform_matrix(step).T)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(transformed),))


def build_transform_matrix(step: Step) -> Numbers:
    """Return the transform of a step as a matrix; its inverse is its transpose."""
    size = int(step.params["size"])
    index = np.arange(size)
    # The angle modulo one turn, in units of a quarter turn / size: large products would lose digits.
    turns = (np.outer(index, 2 * index + 1) % (4 * size)).astype(np.float64)
    matrix = np.cos(turns * (np.pi / (2.0 * size))) * np.sqrt(2.0 / size)
    matrix[0] = np.sqrt(1.0 / size)
    return np.ascontiguousarray(matrix.T if step.params["inverse"] else matrix)


def _transform_row(
    values: Sequence[float], *, matrix: Numbers, refuse: Callable[[float], object]
) -> list[float]:
    if len(values) > 1 and (inf in values or -inf in values):
        refuse(inf if inf in values else -inf)
    with np.errstate(all="ignore"):
        result: list[float] = matrix.dot(np.array(values, dtype=np.float64)).tolist()
    return result
