"""The cosine transform of a vector, in its orthonormal form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import refuse_value
from ....codegen.symbols import Dense, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import int_param, require
from ....kernels.vector_layout import mark_ambiguous

MAX_SLOTS = 2048  # slots; the transform is one product with a table of their square


@dataclass(frozen=True, slots=True)
class DCT:
    """params: size, inverse. Infinities are refused: what Spark makes of them hangs on the order of its own sums."""

    op: str = "dct"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        require(step, good=isinstance(step.params.get("inverse"), bool))
        source = code.features(step.inputs[0], step.stage, size)
        mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        problem = refuse_value(name, step.stage, "has no one answer: it depends on the order of Spark's sums")
        kernel = code.constant(partial(_row, table=table(step), problem=problem))
        made = Dense(code.local(f"{kernel}({code.dense(source)})"), size, source.field)
        code.columns[step.outputs[0]] = Vector((made,), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Transform every row."""
        values = frame.features(step.inputs[0]).dense()
        if values.shape[1] > 1:
            frame.refuse(np.asarray(np.isinf(values).any(axis=1)))
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(values @ table(step).T),))


def table(step: Step) -> Numbers:
    """Return the transform of a step as a matrix; its inverse is its transpose."""
    size = int(step.params["size"])
    at = np.arange(size)
    # the angle within one turn, in whole quarters of 1/size: large products would lose digits
    turns = (np.outer(at, 2 * at + 1) % (4 * size)).astype(np.float64)
    table = np.cos(turns * (np.pi / (2.0 * size))) * np.sqrt(2.0 / size)
    table[0] = np.sqrt(1.0 / size)
    return np.ascontiguousarray(table.T if step.params["inverse"] else table)


def _row(values: Sequence[float], *, table: Numbers, problem: Callable[[float], object]) -> list[float]:
    if len(values) > 1 and (inf in values or -inf in values):
        problem(inf if inf in values else -inf)
    made: list[float] = (table @ np.array(values, dtype=np.float64)).tolist()
    return made
