"""KMeansModel: the nearest centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import make_value_refusal
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...kernels.distances import (
    build_squared_distance_expr,
    emit_squared_distances,
    measure_squared_distances,
    prepare_vector,
)
from ...kernels.linear_sums import build_margin_expr, emit_margins, prefers_matrix_product, sum_margins


@dataclass(frozen=True, slots=True)
class KMeans:
    """params: cosine; arrays: centres (clusters, features). The first of equally near centres is taken."""

    op: str = "kmeans"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit all distances and the choice."""
        centres = step.arrays["centres"]
        source = code.get_features(step.inputs[0], step.stage, centres.shape[1])
        vector = prepare_vector(source, code)
        if step.params["cosine"]:
            distances = _emit_cosine(step, code, vector)
        else:
            distances = _emit_squared(vector, centres, code)
            first = code.assign(f"{distances}[0]")
            refuse = make_value_refusal(
                source.field or step.inputs[0], step.stage, "is not a distance: some feature is NaN"
            )
            code.add_line(f"if {first} != {first}: {code.bind_constant(refuse)}({first})")
        nearest = code.bind_constant(_argmin)
        code.columns[step.outputs[0]] = Scalar(
            code.assign(f"{nearest}({distances})"), "integer", limit=len(centres)
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Find the nearest centre of every row."""
        source, centres = frame.get_features(step.inputs[0]), step.arrays["centres"]
        with np.errstate(all="ignore"):
            if step.params["cosine"]:
                norm = np.sqrt(measure_squared_distances(source, np.zeros(centres.shape[1]), frame.size))
                frame.refuse(~(norm > 0.0))
                units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
                distances = [
                    1.0 - sum_margins(source, unit, 0.0, frame.size, sparse=False) / norm for unit in units
                ]
            else:
                distances = [measure_squared_distances(source, centre, frame.size) for centre in centres]
                frame.refuse(np.isnan(distances[0]))
        nearest, smallest = np.zeros(frame.size, dtype=np.int64), np.full(frame.size, np.inf)
        for cluster, distance in enumerate(distances):
            nearer = distance < smallest
            nearest[nearer], smallest[nearer] = cluster, distance[nearer]
        frame.columns[step.outputs[0]] = ScalarColumn(nearest)


def _argmin(distances: Sequence[float]) -> int:
    nearest, smallest = 0, inf
    for index, distance in enumerate(distances):
        if distance < smallest:
            nearest, smallest = index, distance
    return nearest


def _emit_squared(vector: Vector, centres: Numbers, code: CodeWriter) -> str:
    """Emit the squared distances to all centres; return the name of their list."""
    if prefers_matrix_product(vector, centres, sparse=False):
        return emit_squared_distances(vector, centres, code)
    distances = [code.assign(build_squared_distance_expr(vector, centre, code)) for centre in centres]
    return code.assign(f"({', '.join(distances)},)")


def _emit_cosine(step: Step, code: CodeWriter, vector: Vector) -> str:
    centres = step.arrays["centres"]
    norm = code.assign(
        f"{code.bind_constant(sqrt)}({build_squared_distance_expr(vector, np.zeros(centres.shape[1]), code)})"
    )
    refuse = make_value_refusal(
        step.inputs[0], step.stage, "is the length of the vector, which has no direction"
    )
    code.add_line(f"if not {norm} > 0.0: {code.bind_constant(refuse)}({norm})")
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    if prefers_matrix_product(vector, units, sparse=False):
        products = emit_margins(vector, units, np.zeros(len(units)), code)
        return code.assign(f"[1.0 - product / {norm} for product in {products}]")
    distances = [
        f"1.0 - ({build_margin_expr(vector, unit, 0.0, code, sparse=False)}) / {norm}" for unit in units
    ]
    return code.assign(f"({', '.join(distances)},)")
