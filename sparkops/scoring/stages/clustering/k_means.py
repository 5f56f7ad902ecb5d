"""The nearest of some centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from ...batch.columns import Frame, Scalars
from ...codegen.code_writer import Code
from ...codegen.row_errors import outside
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...kernels.distances import all_squared, points, squared, squared_at_once
from ...kernels.linear_sums import at_once, margin, margins, margins_at_once


@dataclass(frozen=True, slots=True)
class KMeans:
    """params: cosine; arrays: centres (clusters, features). The first of equally near centres is taken."""

    op: str = "kmeans"

    def emit(self, step: Step, code: Code) -> None:
        """Write every distance and the choice."""
        centres = step.arrays["centres"]
        source = code.features(step.inputs[0], step.stage, centres.shape[1])
        near = points(source, code)
        if step.params["cosine"]:
            distances = _cosines(step, code, near)
        else:
            distances = _squares(near, centres, code)
            first = code.local(f"{distances}[0]")
            problem = outside(
                source.field or step.inputs[0], step.stage, "is no distance: some feature is NaN"
            )
            code.line(f"if {first} != {first}: {code.constant(problem)}({first})")
        nearest = code.constant(_nearest)
        code.columns[step.outputs[0]] = Scalar(
            code.local(f"{nearest}({distances})"), "integer", limit=len(centres)
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Measure from every row."""
        source, centres = frame.features(step.inputs[0]), step.arrays["centres"]
        with np.errstate(all="ignore"):
            if step.params["cosine"]:
                norm = np.sqrt(all_squared(source, np.zeros(centres.shape[1]), frame.size))
                frame.refuse(~(norm > 0.0))
                units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
                found = [1.0 - margins(source, c, 0.0, frame.size, sparse=False) / norm for c in units]
            else:
                found = [all_squared(source, centre, frame.size) for centre in centres]
                frame.refuse(np.isnan(found[0]))
        best, at = np.zeros(frame.size, dtype=np.int64), np.full(frame.size, np.inf)
        for cluster, distance in enumerate(found):
            nearer = distance < at
            best[nearer], at[nearer] = cluster, distance[nearer]
        frame.columns[step.outputs[0]] = Scalars(best)


def _nearest(distances: Sequence[float]) -> int:
    best, least = 0, inf
    for at, distance in enumerate(distances):
        if distance < least:
            best, least = at, distance
    return best


def _squares(near: Vector, centres: Numbers, code: Code) -> str:
    """Return the name of the squared distances to all centres."""
    if at_once(near, centres, sparse=False):
        return squared_at_once(near, centres, code)
    distances = [code.local(squared(near, centre, code)) for centre in centres]
    return code.local(f"({', '.join(distances)},)")


def _cosines(step: Step, code: Code, near: Vector) -> str:
    centres = step.arrays["centres"]
    norm = code.local(f"{code.constant(sqrt)}({squared(near, np.zeros(centres.shape[1]), code)})")
    problem = outside(step.inputs[0], step.stage, "is the length of the vector, which has no direction")
    code.line(f"if not {norm} > 0.0: {code.constant(problem)}({norm})")
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    if at_once(near, units, sparse=False):
        products = margins_at_once(near, units, np.zeros(len(units)), code)
        return code.local(f"[1.0 - each / {norm} for each in {products}]")
    distances = [f"1.0 - ({margin(near, unit, 0.0, code, sparse=False)}) / {norm}" for unit in units]
    return code.local(f"({', '.join(distances)},)")
