"""BucketedRandomProjectionLSHModel: a vector to the buckets of its projections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, format_float
from ....codegen.symbols import Scalar, Vector
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import float_array, require
from ..vector.pca import emit_projections, project_rows


@dataclass(frozen=True, slots=True)
class BucketedRandomProjectionLSH:
    """arrays: directions (tables, slots), factor (1). The output is a list: a vector of one slot for each table."""

    op: str = "projection_hash"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one projection for each table, and the list of their buckets."""
        directions = float_array(step, "directions", None, None)
        factor = float(float_array(step, "factor", 1)[0])
        require(step, good=bool(np.isfinite(directions).all()))
        source = code.get_features(step.inputs[0], step.stage, directions.shape[1])
        sums_expr = code.build_list_expr(Vector(emit_projections(code, source, directions)))
        factor_text = format_float(factor)
        kernel = code.bind_constant(_compute_buckets)
        code.columns[step.outputs[0]] = Scalar(
            code.assign(f"{kernel}({sums_expr}, {factor_text})"),
            "array<vector>",
            field=source.field,
            scale=0.0,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Find the buckets of every row."""
        source = frame.get_features(step.inputs[0])
        buckets = project_rows(source, frame, step.arrays["directions"]) * float(step.arrays["factor"][0])
        frame.columns[step.outputs[0]] = ScalarColumn(to_vectors_of_one(np.floor(buckets)))


def to_vectors_of_one(table: Numbers) -> Numbers:
    """Return each row of a table as a list of vectors of one slot."""
    return np.fromiter(table[:, :, None].tolist(), dtype=object, count=len(table))


def _compute_buckets(products: Iterable[float], factor: float) -> list[list[float]]:
    return [[_floor_finite(value * factor)] for value in products]


def _floor_finite(value: float) -> float:
    return float(floor(value)) if isfinite(value) else value
