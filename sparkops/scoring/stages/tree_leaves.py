"""Which leaf of each tree a row comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..code import Code
from ..description import Step
from ..forest import AMONG, AT_MOST, LEAF, Forest, tree_code
from ..form import need
from ..frame import Frame, Numbers, Scalars, Vectors
from ..symbols import Scalar, Vector, slot_at
from .tree import MOST_NODES


@dataclass(frozen=True, slots=True)
class TreeLeaves:
    """params: features, single; arrays: those of `Forest`, whose leaves hold their numbers. One tree gives a number."""

    op: str = "tree_leaves"

    def emit(self, step: Step, code: Code) -> None:
        """Write each tree as one nested choice, or, of too many nodes, as one walk."""
        forest = Forest.of(step)
        need(step, good=forest.leaves.shape[1] == 1 and (len(forest.roots) == 1 or not step.params["single"]))
        source = code.features(step.inputs[0], step.stage, step.params["features"])
        if len(forest.kind) > MOST_NODES:
            used = np.unique(forest.feature[forest.kind != LEAF]).tolist()
            row = code.local(f"{{{', '.join(f'{at}: {slot_at(source, at).expr}' for at in used)}}}")
            walk = code.constant(partial(_leaf, forest))
            texts = [f"{walk}({root}, {row})" for root in forest.roots.tolist()]
        else:
            texts = tree_code(forest, source, code)
        found = tuple(Scalar(code.local(text), "double") for text in texts)
        code.columns[step.outputs[0]] = found[0] if step.params["single"] else Vector(found)

    def run(self, step: Step, frame: Frame) -> None:
        """Walk all rows down each tree."""
        forest, source = Forest.of(step), frame.features(step.inputs[0])
        used = np.unique(forest.feature[forest.kind != LEAF]).tolist()
        table = {at: np.asarray(source.slot(at), dtype=np.float64) for at in used}
        found = tuple(Scalars(_leaves(forest, root, table, frame.size)) for root in forest.roots.tolist())
        frame.columns[step.outputs[0]] = found[0] if step.params["single"] else Vectors(found)


def _leaf(forest: Forest, node: int, row: Mapping[int, float]) -> float:
    while forest.kind[node] != LEAF:
        value = row[int(forest.feature[node])]
        node = int(forest.left[node] if _yes(forest, node, value) else forest.right[node])
    return float(forest.leaves[node, 0])


def _yes(forest: Forest, node: int, value: float) -> bool:
    if forest.kind[node] == AT_MOST:
        return bool(value <= forest.threshold[node])
    return (value in forest.chosen(node)) == bool(forest.kind[node] == AMONG)


def _leaves(forest: Forest, root: int, table: Mapping[int, Numbers], rows: int) -> Numbers:
    """Return the leaf's number for every row: the rows of a node are parted at it, children after parents."""
    result = np.empty(rows)
    waiting: list[tuple[int, Numbers]] = [(root, np.arange(rows))]
    while waiting:
        node, here = waiting.pop()
        if forest.kind[node] == LEAF or not len(here):
            result[here] = forest.leaves[node, 0]
            continue
        values = table[int(forest.feature[node])][here]
        if forest.kind[node] == AT_MOST:
            yes = values <= forest.threshold[node]
        else:
            yes = np.isin(values, sorted(forest.chosen(node))) == bool(forest.kind[node] == AMONG)
        waiting += [(int(forest.left[node]), here[yes]), (int(forest.right[node]), here[~yes])]
    return result
