"""The nearest of some centres."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from ..code import Code, number
from ..description import Step
from ..frame import Frame, Numbers, OneHots, Scalars, Vectors
from ..problem import outside
from ..symbols import Block, OneHot, Scalar, contributions
from ..weights import margin, margins


@dataclass(frozen=True, slots=True)
class KMeans:
    """params: cosine; arrays: centres (clusters, features). The first of equally near centres is taken."""

    op: str = "kmeans"

    def emit(self, step: Step, code: Code) -> None:
        """Write every distance and the choice."""
        centres = step.arrays["centres"]
        source = code.features(step.inputs[0], step.stage, centres.shape[1])
        blocks = tuple(code.slot(block) for block in source.blocks)
        if step.params["cosine"]:
            distances = _cosines(step, code, blocks)
        else:
            distances = [code.local(_distance(blocks, centre, code)) for centre in centres]
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
                norm = np.sqrt(_distances(source, np.zeros(centres.shape[1]), frame.size))
                frame.refuse(~(norm > 0.0))
                units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
                found = [1.0 - margins(source, c, 0.0, frame.size, sparse=False) / norm for c in units]
            else:
                found = [_distances(source, centre, frame.size) for centre in centres]
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


def _distance(blocks: tuple[Block, ...], centre: Numbers, code: Code) -> str:
    terms, at = [], 0
    for block in blocks:
        part = centre[at : at + block.size]
        at += block.size
        if isinstance(block, OneHot):
            table = contributions((block.hot - part) ** 2, (block.base - part) ** 2)
            terms.append(f"{code.constant(tuple(table.tolist()))}[{block.index}]")
        else:
            gap = code.local(f"{block.expr} - {number(part[0])}")
            terms.append(f"{gap} * {gap}")
    return " + ".join(terms)


def _distances(source: Vectors, centre: Numbers, rows: int) -> Numbers:
    total, at = np.zeros(rows), 0
    for block in source.blocks:
        part = centre[at : at + block.size]
        at += block.size
        if isinstance(block, OneHots):
            total += contributions((block.hot - part) ** 2, (block.base - part) ** 2)[block.index]
        else:
            total += (block.values - part[0]) ** 2
    return total


def _cosines(step: Step, code: Code, blocks: tuple[Block, ...]) -> list[str]:
    centres = step.arrays["centres"]
    vector = code.vector(step.inputs[0], step.stage)
    norm = code.local(f"{code.constant(sqrt)}({_distance(blocks, np.zeros(centres.shape[1]), code)})")
    problem = outside(step.inputs[0], step.stage, "is the length of the vector, which has no direction")
    code.line(f"if not {norm} > 0.0: {code.constant(problem)}({norm})")
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    whole = type(vector)(blocks)
    return [f"1.0 - ({margin(whole, unit, 0.0, code, sparse=False)}) / {norm}" for unit in units]
