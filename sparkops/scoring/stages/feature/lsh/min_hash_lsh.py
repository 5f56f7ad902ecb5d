"""A vector's slots that are not 0 to their least hashes: MinHashLSH."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import refuse_value
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.validation import float_array, require
from .bucketed_random_projection_lsh import listed

PRIME = 2038074743
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class MinHashLSH:
    """arrays: coefficients (tables, 2). The answer is a list of vectors of one number, one a table; all 0 is refused."""

    op: str = "min_hash"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        given = float_array(step, "coefficients", None, 2)
        require(step, good=bool(((given >= 0) & (given < PRIME)).all()))
        pairs = [(int(a), int(b)) for a, b in given]
        source = code.features(step.inputs[0], step.stage)
        why = "is every slot of the vector, and one that is not 0 is needed"
        problem = refuse_value(source.field or step.inputs[0], step.stage, why)
        few = source.sparse
        kernel = partial(_of_few if few else _of_all, pairs=pairs, problem=problem)
        values = code.sparse(source) if few else code.dense(source)
        code.columns[step.outputs[0]] = Scalar(
            code.local(f"{code.constant(kernel)}({values})"), "array<vector>", field=source.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Hash every row."""
        entries = frame.features(step.inputs[0]).sparse(frame.size)
        kept = entries.values != 0.0
        rows, numbers = entries.rows[kept], entries.slots[kept].astype(np.int64) + 1
        frame.refuse(np.bincount(rows, minlength=frame.size) == 0)
        found = np.full((frame.size, len(step.arrays["coefficients"])), PRIME, dtype=np.int64)
        for at, (a, b) in enumerate(step.arrays["coefficients"].astype(np.int64).tolist()):
            np.minimum.at(found[:, at], rows, (numbers * a + b) % PRIME)
        frame.columns[step.outputs[0]] = ScalarColumn(listed(found.astype(np.float64)))


def _of_all(
    values: Iterable[float], *, pairs: Pairs, problem: Callable[[float], object]
) -> list[list[float]]:
    return _least([at for at, value in enumerate(values, 1) if value], pairs, problem)


def _of_few(
    values: dict[int, float], *, pairs: Pairs, problem: Callable[[float], object]
) -> list[list[float]]:
    return _least([at + 1 for at, value in values.items() if value], pairs, problem)


def _least(numbers: list[int], pairs: Pairs, problem: Callable[[float], object]) -> list[list[float]]:
    if not numbers:
        problem(0.0)
    return [[float(min([(at * a + b) % PRIME for at in numbers]))] for a, b in pairs]
