"""Decision trees, random forests and boosted trees, for classes and for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter, float_literal
from ...codegen.symbols import Scalar, Vector, vector_slot
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, require
from ...kernels import class_decision
from ...trees.feature_splits import questions
from ...trees.lazy_subtrees import MOST_NODES, tree_code
from ...trees.levelwise_traversal import Descent, descent_of
from ...trees.quick_scorer import Masks, maskable
from ...trees.tree_ensemble import AT_MOST, LEAF, Forest

# Above this many levels to be gone down and numbers to be added, all trees at once are faster than code.
MOST_WORK = 360
_TERMS = 100


@dataclass(frozen=True, slots=True)
class Trees:
    """params: kind ("regress", "classify", "boost"), features, classes, mean; arrays: those of `Forest`.

    Leaves hold what a tree adds to the sum, its weight included. `mean` divides the sum by the number of trees.
    """

    op: str = "trees"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write each tree as one nested choice; their sum; the class."""
        forest = Forest.of(step)
        kind = enum_param(step, "kind", ("regress", "classify", "boost"))
        width = {"regress": 0, "boost": 2}.get(kind, forest.leaves.shape[1])
        require(
            step, good=step.params["classes"] == width and (kind == "classify" or forest.leaves.shape[1] == 1)
        )
        source = code.features(step.inputs[0], step.stage, step.params["features"])
        sums = _sums(forest, source, code)
        if step.params["kind"] == "classify":
            _emit_votes(step, code, sums)
            return
        total = sums[0]
        if step.params["kind"] == "regress":
            sum_ = f"{total} / {float_literal(len(forest.roots))}" if step.params["mean"] else total
            code.columns[step.outputs[0]] = Scalar(code.local(sum_), "double")
            return
        low = code.local(f"{code.constant(class_decision.sigmoid)}(-2.0 * {total})")
        raw, probability = code.local(f"(-{total}, {total})"), code.local(f"({low}, 1.0 - {low})")
        class_decision.emit_classification(step, code, raw, probability)

    def run(self, step: Step, frame: Frame) -> None:
        """Walk all rows down each tree, level by level."""
        descent = descent_of(step)
        total = descent.rows(frame.features(step.inputs[0]), frame.size)
        if step.params["kind"] == "regress":
            sum_ = total[:, 0] / len(descent.forest.roots) if step.params["mean"] else total[:, 0]
            frame.columns[step.outputs[0]] = ScalarColumn(sum_)
        elif step.params["kind"] == "boost":
            m = total[:, 0]
            low = class_decision.sigmoid_rows(-2.0 * m)
            class_decision.run_classification(
                step, frame, np.column_stack([-m, m]), np.column_stack([low, 1.0 - low])
            )
        else:
            class_decision.run_classification(step, frame, total, _normal(total))


def _sums(forest: Forest, source: Vector, code: CodeWriter) -> list[str]:
    """Return the names of the sums over all trees, one for each number that a leaf holds."""
    width = forest.leaves.shape[1]
    total = _at_once(forest, source, code) if _work(forest) > MOST_WORK else None
    if total is not None:
        return [f"{total}[{at}]" for at in range(width)]
    trees = tree_code(forest, source, code)
    if width == 1:
        return [_sum(trees, code)]
    leaves = [code.local(text) for text in trees]
    return [code.local(" + ".join(f"{leaf}[{at}]" for leaf in leaves)) for at in range(width)]


def _work(forest: Forest) -> float:
    """Return about how many levels a row goes down and numbers it adds."""
    trees, width = len(forest.roots), forest.leaves.shape[1]
    return float(trees * (np.log2(np.count_nonzero(forest.kind == LEAF) / trees) + width - 1))


def _at_once(forest: Forest, source: Vector, code: CodeWriter) -> str | None:
    """Return the name of the sums, by all trees at once; None where each by itself is faster."""
    descent = Descent(forest)
    asked = questions(forest, source) if maskable(forest) else []
    masks = Masks.of(descent, asked) if asked else None
    if masks is not None:
        walk, numbers = masks.walk(), [each.number for each in asked]
        for each in asked:
            code.add_boundaries(each.number, each.limits.tolist())
    elif len(forest.kind) > MOST_NODES or not (forest.kind > AT_MOST).any():
        walk, numbers = descent.walk(), [vector_slot(source, at) for at in descent.used.tolist()]
    else:
        return None
    return code.local(f"{code.constant(walk)}([{', '.join(scalar.expr for scalar in numbers)}])")


def _sum(terms: list[str], code: CodeWriter) -> str:
    """Return the name of a sum, taken from the left; Python reads no line of thousands of terms."""
    total = code.local(" + ".join(terms[:_TERMS]))
    for start in range(_TERMS, len(terms), _TERMS):
        total = code.local(" + ".join([total, *terms[start : start + _TERMS]]))
    return total


def _emit_votes(step: Step, code: CodeWriter, sums: list[str]) -> None:
    raw = code.local(f"({', '.join(sums)},)")
    total = code.local(f"sum({raw})")
    parts = ", ".join(f"{one} / {total}" for one in sums)
    class_decision.emit_classification(step, code, raw, code.local(f"({parts},) if {total} else {raw}"))


def _normal(raw: Numbers) -> Numbers:
    total = raw.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(raw, total, out=raw.copy(), where=total != 0.0))
