"""Decision trees, random forests and boosted trees, for classes and for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.symbols import Scalar
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, require
from ...kernels import class_decision
from ...kernels.sums import sum_in_order
from ...trees.evaluator import select_evaluator
from ...trees.levelwise_traversal import build_traversal
from ...trees.tree_ensemble import TreeEnsemble


@dataclass(frozen=True, slots=True)
class TreePrediction:
    """params: kind ("regress", "classify", "boost"), features, classes, mean; arrays: those of `TreeEnsemble`.

    Leaves hold what a tree adds to the sum, its weight included. `mean` divides the sum by the number of trees.
    """

    op: str = "trees"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Add the sum over all trees and the prediction from it to the code of a row."""
        trees = TreeEnsemble.from_step(step)
        task = enum_param(step, "kind", ("regress", "classify", "boost"))
        width = {"regress": 0, "boost": 2}.get(task, trees.leaves.shape[1])
        require(
            step, good=step.params["classes"] == width and (task == "classify" or trees.leaves.shape[1] == 1)
        )
        source = code.get_features(step.inputs[0], step.stage, step.params["features"])
        sums = select_evaluator(trees, source).emit_sums(code)
        if step.params["kind"] == "classify":
            _emit_votes(step, code, sums)
            return
        total = sums[0]
        if step.params["kind"] == "regress":
            sum_ = f"{total} / {format_float(len(trees.roots))}" if step.params["mean"] else total
            code.columns[step.outputs[0]] = Scalar(code.assign(sum_), "double")
            return
        first = code.assign(f"{code.bind_constant(class_decision.sigmoid)}(-2.0 * {total})")
        raw, probability = code.assign(f"(-{total}, {total})"), code.assign(f"({first}, 1.0 - {first})")
        class_decision.emit_classification(step, code, raw, probability)

    def run(self, step: Step, frame: Frame) -> None:
        """Evaluate a batch by level-wise traversal."""
        traversal = build_traversal(step)
        total = traversal.sum_rows(frame.get_features(step.inputs[0]), frame.size)
        if step.params["kind"] == "regress":
            sum_ = total[:, 0] / len(traversal.trees.roots) if step.params["mean"] else total[:, 0]
            frame.columns[step.outputs[0]] = ScalarColumn(sum_)
        elif step.params["kind"] == "boost":
            margin = total[:, 0]
            first = class_decision.sigmoid_rows(-2.0 * margin)
            class_decision.run_classification(
                step, frame, np.column_stack([-margin, margin]), np.column_stack([first, 1.0 - first])
            )
        else:
            class_decision.run_classification(step, frame, total, _normalize(total))


def _emit_votes(step: Step, code: CodeWriter, sums: list[str]) -> None:
    raw = code.assign(f"({', '.join(sums)},)")
    total = code.assign(f"{code.bind_constant(sum_in_order)}({raw})")
    shares = ", ".join(f"{score} / {total}" for score in sums)
    class_decision.emit_classification(step, code, raw, code.assign(f"({shares},) if {total} else {raw}"))


def _normalize(raw: Numbers) -> Numbers:
    total = raw.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(raw, total, out=raw.copy(), where=total != 0.0))
