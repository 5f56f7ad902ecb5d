"""Decision trees, random forests and boosted trees, for classes and for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import decide
from ..code import Code, number
from ..description import Step
from ..forest import Forest, tree_code, walker
from ..frame import Frame, Numbers, Scalars
from ..symbols import Scalar

# Above this many nodes, code takes seconds to compile: the row walks the arrays instead.
MOST_NODES = 50_000


@dataclass(frozen=True, slots=True)
class Trees:
    """params: kind ("regress", "classify", "boost"), features, classes, mean; arrays: those of `Forest`.

    Leaves hold what a tree adds to the sum, its weight included. `mean` divides the sum by the number of trees.
    """

    op: str = "trees"

    def emit(self, step: Step, code: Code) -> None:
        """Write each tree as one nested choice; their sum; the class."""
        forest = Forest.of(step)
        source = code.features(step.inputs[0], step.stage, step.params["features"])
        if len(forest.feature) > MOST_NODES:
            leaves = walker(forest, source, code)
        else:
            leaves = [code.local(text) for text in tree_code(forest, source, code)]
        if step.params["kind"] == "classify":
            _emit_votes(step, code, leaves)
            return
        total = code.local(" + ".join(leaves))
        if step.params["kind"] == "regress":
            sum_ = f"{total} / {number(len(leaves))}" if step.params["mean"] else total
            code.columns[step.outputs[0]] = Scalar(code.local(sum_), "double")
            return
        low = code.local(f"{code.constant(decide.logistic)}(-2.0 * {total})")
        raw, probability = code.local(f"(-{total}, {total})"), code.local(f"({low}, 1.0 - {low})")
        decide.emit(step, code, raw, probability)

    def run(self, step: Step, frame: Frame) -> None:
        """Walk all rows down each tree, level by level."""
        forest = Forest.of(step)
        total = forest.sums(frame.features(step.inputs[0]), frame.size)
        if step.params["kind"] == "regress":
            sum_ = total[:, 0] / len(forest.roots) if step.params["mean"] else total[:, 0]
            frame.columns[step.outputs[0]] = Scalars(sum_)
        elif step.params["kind"] == "boost":
            m = total[:, 0]
            low = decide.logistics(-2.0 * m)
            decide.run(step, frame, np.column_stack([-m, m]), np.column_stack([low, 1.0 - low]))
        else:
            decide.run(step, frame, total, _normal(total))


def _emit_votes(step: Step, code: Code, leaves: list[str]) -> None:
    classes = int(step.params["classes"])
    if len(leaves) == 1:
        raw = leaves[0]
    else:
        sums = [code.local(" + ".join(f"{leaf}[{at}]" for leaf in leaves)) for at in range(classes)]
        raw = code.local(f"({', '.join(sums)},)")
    total = code.local(f"sum({raw})")
    parts = ", ".join(f"{raw}[{at}] / {total}" for at in range(classes))
    decide.emit(step, code, raw, code.local(f"({parts},) if {total} else {raw}"))


def _normal(raw: Numbers) -> Numbers:
    total = raw.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(raw, total, out=raw.copy(), where=total != 0.0))
