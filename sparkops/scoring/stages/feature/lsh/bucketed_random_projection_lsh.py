"""A vector to the buckets that its projections fall into: BucketedRandomProjectionLSH."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

import numpy as np

from ....batch.columns import Frame, Scalars
from ....codegen.code_writer import Code, number
from ....codegen.symbols import Scalar, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import array, need
from ..vector.pca import all_sums, sums


@dataclass(frozen=True, slots=True)
class ProjectionHash:
    """arrays: directions (tables, slots), factor (1). The answer is a list of vectors of one number, one a table."""

    op: str = "projection_hash"

    def emit(self, step: Step, code: Code) -> None:
        """Write one sum a table, and the list of their buckets."""
        directions, factor = array(step, "directions", None, None), float(array(step, "factor", 1)[0])
        need(step, good=bool(np.isfinite(directions).all()))
        source = code.features(step.inputs[0], step.stage, directions.shape[1])
        listed = code.listed(Vector(sums(code, source, directions)))
        factor_text = number(factor)
        kernel = code.constant(_buckets)
        code.columns[step.outputs[0]] = Scalar(
            code.local(f"{kernel}({listed}, {factor_text})"), "array<vector>", field=source.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Find the buckets of every row."""
        source = frame.features(step.inputs[0])
        found = all_sums(source, frame, step.arrays["directions"]) * float(step.arrays["factor"][0])
        frame.columns[step.outputs[0]] = Scalars(listed(np.floor(found)))


def listed(table: Numbers) -> Numbers:
    """Return each row of a table as a list of vectors of one number."""
    return np.fromiter(table[:, :, None].tolist(), dtype=object, count=len(table))


def _buckets(sums_: Iterable[float], factor: float) -> list[list[float]]:
    return [[_floor(value * factor)] for value in sums_]


def _floor(value: float) -> float:
    return float(floor(value)) if value - value == 0.0 else value
