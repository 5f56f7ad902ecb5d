"""Which leaf of each tree a row comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import require
from ...trees.lazy_subtrees import tree_code
from ...trees.tree_ensemble import AMONG, AT_MOST, LEAF, Forest


@dataclass(frozen=True, slots=True)
class TreeLeaves:
    """params: features, single; arrays: those of `Forest`, whose leaves hold their numbers. One tree gives a number."""

    op: str = "tree_leaves"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write each tree as one nested choice."""
        forest = Forest.of(step)
        require(
            step, good=forest.leaves.shape[1] == 1 and (len(forest.roots) == 1 or not step.params["single"])
        )
        source = code.features(step.inputs[0], step.stage, step.params["features"])
        found = tuple(Scalar(code.local(text), "double") for text in tree_code(forest, source, code))
        code.columns[step.outputs[0]] = found[0] if step.params["single"] else Vector(found)

    def run(self, step: Step, frame: Frame) -> None:
        """Walk all rows down each tree."""
        forest, source = Forest.of(step), frame.features(step.inputs[0])
        table = {at: np.asarray(source.slot(at), dtype=np.float64) for at in forest.used().tolist()}
        found = tuple(
            ScalarColumn(_leaves(forest, root, table, frame.size)) for root in forest.roots.tolist()
        )
        frame.columns[step.outputs[0]] = found[0] if step.params["single"] else VectorColumn(found)


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
