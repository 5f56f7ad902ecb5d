"""The leaf that a row reaches in each tree (`leafCol`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, Vector
from ...ir.description import Step
from ...ir.validation import require
from ...trees.levelwise_traversal import build_traversal
from ...trees.nested_conditionals import build_tree_expressions
from ...trees.tree_ensemble import TreeEnsemble


@dataclass(frozen=True, slots=True)
class TreeLeaves:
    """params: features, single; arrays: those of `TreeEnsemble`, whose leaf values are leaf numbers.

    A single tree gives a number, several give a vector.
    """

    op: str = "tree_leaves"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Add one expression for each tree to the code of a row."""
        trees = TreeEnsemble.from_step(step)
        require(
            step, good=trees.leaves.shape[1] == 1 and (len(trees.roots) == 1 or not step.params["single"])
        )
        source = code.get_features(step.inputs[0], step.stage, step.params["features"])
        leaves = tuple(
            Scalar(code.assign(text), "double") for text in build_tree_expressions(trees, source, code)
        )
        code.columns[step.outputs[0]] = leaves[0] if step.params["single"] else Vector(leaves)

    def run(self, step: Step, frame: Frame) -> None:
        """Evaluate a batch by level-wise traversal."""
        values = build_traversal(step).find_leaf_values(frame.get_features(step.inputs[0]), frame.size)
        leaves = tuple(ScalarColumn(column) for column in np.ascontiguousarray(values.T))
        frame.columns[step.outputs[0]] = leaves[0] if step.params["single"] else VectorColumn(leaves)
