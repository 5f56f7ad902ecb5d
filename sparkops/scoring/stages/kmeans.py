"""The nearest of some centres."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from ..code import Code
from ..description import Step
from ..distances import all_squared, points, squared
from ..frame import Frame, Scalars
from ..problem import outside
from ..symbols import Scalar, Vector
from ..weights import margin, margins


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
            distances = [code.local(squared(near, centre, code)) for centre in centres]
            problem = outside(
                source.field or step.inputs[0], step.stage, "is no distance: some feature is NaN"
            )
            code.line(f"if {distances[0]} != {distances[0]}: {code.constant(problem)}({distances[0]})")
        nearest = code.constant(_nearest)
        code.columns[step.outputs[0]] = Scalar(
            code.local(f"{nearest}(({', '.join(distances)},))"), "integer", limit=len(centres)
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


def _nearest(distances: tuple[float, ...]) -> int:
    best, least = 0, float("inf")
    for at, distance in enumerate(distances):
        if distance < least:
            best, least = at, distance
    return best


def _cosines(step: Step, code: Code, near: Vector) -> list[str]:
    centres = step.arrays["centres"]
    norm = code.local(f"{code.constant(sqrt)}({squared(near, np.zeros(centres.shape[1]), code)})")
    problem = outside(step.inputs[0], step.stage, "is the length of the vector, which has no direction")
    code.line(f"if not {norm} > 0.0: {code.constant(problem)}({norm})")
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    return [f"1.0 - ({margin(near, unit, 0.0, code, sparse=False)}) / {norm}" for unit in units]
