"""The interface of tree evaluators for one row, and the rule that selects one.

docs/explanation/tree-evaluators.md has the measurements behind the rule. Batches always use `LevelwiseTraversal`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Vector
from .lazy_subtrees import MAX_COMPILED_NODES
from .levelwise_traversal import LevelwiseTraversal, TraversedRow
from .nested_conditionals import NestedConditionals
from .quick_scorer import QuickScorer
from .tree_ensemble import LEAF, TreeEnsemble

# Operations of a row above which evaluating all trees at once is faster than one expression for each tree.
MAX_NESTED_OPERATIONS = 360


class TreeEvaluator(Protocol):
    """Evaluates the trees of an ensemble for one row."""

    def emit_sums(self, code: CodeWriter) -> list[str]:
        """Add the sum of the leaf values to the code; return one expression for each component of a leaf."""


def select_evaluator(trees: TreeEnsemble, source: Vector) -> TreeEvaluator:
    """Return the fastest evaluator of an ensemble.

    Args:
        trees: The trees.
        source: The feature vector in the code of a row.
    """
    if estimate_operations(trees) <= MAX_NESTED_OPERATIONS:
        return NestedConditionals(trees, source)
    traversal = LevelwiseTraversal(trees)
    quick_scorer = QuickScorer.build(traversal, source)
    if quick_scorer is not None:
        return quick_scorer
    if trees.has_categories and len(trees.node_type) <= MAX_COMPILED_NODES:
        return NestedConditionals(trees, source)
    return TraversedRow(traversal, source)


def estimate_operations(trees: TreeEnsemble) -> float:
    """Return the approximate number of conditions and additions for one row."""
    count, width = len(trees.roots), trees.leaves.shape[1]
    mean_depth = np.log2(np.count_nonzero(trees.node_type == LEAF) / count)
    return float(count * (mean_depth + width - 1))
