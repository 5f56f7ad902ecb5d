"""A vector to the buckets that its projections fall into: BucketedRandomProjectionLSH."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, float_literal
from ....codegen.symbols import Scalar, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import float_array, require
from ..vector.pca import all_sums, sums


@dataclass(frozen=True, slots=True)
class BucketedRandomProjectionLSH:
    """arrays: directions (tables, slots), factor (1). The answer is a list of vectors of one number, one a table."""

    op: str = "projection_hash"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one sum a table, and the list of their buckets."""
        directions, factor = (
            float_array(step, "directions", None, None),
            float(float_array(step, "factor", 1)[0]),
        )
        require(step, good=bool(np.isfinite(directions).all()))
        source = code.features(step.inputs[0], step.stage, directions.shape[1])
        listed = code.list_expr(Vector(sums(code, source, directions)))
        factor_text = float_literal(factor)
        kernel = code.constant(_buckets)
        code.columns[step.outputs[0]] = Scalar(
            code.local(f"{kernel}({listed}, {factor_text})"), "array<vector>", field=source.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Find the buckets of every row."""
        source = frame.features(step.inputs[0])
        found = all_sums(source, frame, step.arrays["directions"]) * float(step.arrays["factor"][0])
        frame.columns[step.outputs[0]] = ScalarColumn(listed(np.floor(found)))


def listed(table: Numbers) -> Numbers:
    """Return each row of a table as a list of vectors of one number."""
    return np.fromiter(table[:, :, None].tolist(), dtype=object, count=len(table))


def _buckets(sums_: Iterable[float], factor: float) -> list[list[float]]:
    return [[_floor(value * factor)] for value in sums_]


def _floor(value: float) -> float:
    return float(floor(value)) if value - value == 0.0 else value
