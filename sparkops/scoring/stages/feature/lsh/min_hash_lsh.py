"""MinHashLSHModel: the least hash of the slots that are not 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_value_refusal
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.validation import float_array, require
from .bucketed_random_projection_lsh import to_vectors_of_one

# `MinHashLSH.HASH_PRIME` of Spark.
PRIME = 2038074743
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class MinHashLSH:
    """arrays: coefficients (tables, 2). The output is a list: a vector of one slot for each table.

    Refuses a vector without a slot that is not 0.
    """

    op: str = "min_hash"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        coefficients = float_array(step, "coefficients", None, 2)
        require(step, good=bool(((coefficients >= 0) & (coefficients < PRIME)).all()))
        pairs = [(int(a), int(b)) for a, b in coefficients]
        source = code.get_features(step.inputs[0], step.stage)
        text = "is the value of every slot, and a vector needs one that is not 0"
        refuse = make_value_refusal(source.field or step.inputs[0], step.stage, text)
        is_sparse = source.sparse
        kernel = partial(_hash_sparse if is_sparse else _hash_dense, pairs=pairs, refuse=refuse)
        values = code.assign_sparse(source) if is_sparse else code.assign_dense(source)
        code.columns[step.outputs[0]] = Scalar(
            code.assign(f"{code.bind_constant(kernel)}({values})"),
            "array<vector>",
            field=source.field,
            scale=0.0,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Hash every row."""
        entries = frame.get_features(step.inputs[0]).to_sparse(frame.size)
        nonzero = entries.values != 0.0
        rows, slot_numbers = entries.rows[nonzero], entries.slots[nonzero].astype(np.int64) + 1
        frame.refuse(np.bincount(rows, minlength=frame.size) == 0)
        hashes = np.full((frame.size, len(step.arrays["coefficients"])), PRIME, dtype=np.int64)
        for table, (a, b) in enumerate(step.arrays["coefficients"].astype(np.int64).tolist()):
            np.minimum.at(hashes[:, table], rows, (slot_numbers * a + b) % PRIME)
        frame.columns[step.outputs[0]] = ScalarColumn(to_vectors_of_one(hashes.astype(np.float64)))


def _hash_dense(
    values: Iterable[float], *, pairs: Pairs, refuse: Callable[[float], object]
) -> list[list[float]]:
    return _compute_least_hashes([number for number, value in enumerate(values, 1) if value], pairs, refuse)


def _hash_sparse(
    values: dict[int, float], *, pairs: Pairs, refuse: Callable[[float], object]
) -> list[list[float]]:
    return _compute_least_hashes([slot + 1 for slot, value in values.items() if value], pairs, refuse)


def _compute_least_hashes(
    slot_numbers: list[int], pairs: Pairs, refuse: Callable[[float], object]
) -> list[list[float]]:
    if not slot_numbers:
        refuse(0.0)
    return [[float(min([(number * a + b) % PRIME for number in slot_numbers]))] for a, b in pairs]
