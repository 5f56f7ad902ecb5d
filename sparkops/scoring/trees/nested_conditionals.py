"""Evaluate trees as nested conditional expressions in the code of a row, which is fastest for few or shallow trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter, format_float
from ..codegen.symbols import Vector
from .lazy_subtrees import LazySubtrees
from .split_condition import Feature, bind_features, format_comparison, get_operand, resolve_split
from .tree_ensemble import LEAF, TreeEnsemble

# Nodes that are compiled when a model is loaded: less than 0.1 s.
MAX_EAGER_NODES = 4_000
_MAX_DEPTH = 60
# Terms of a sum on one line; Python cannot parse lines with thousands of terms.
_MAX_TERMS = 100


@dataclass(frozen=True, slots=True)
class NestedConditionals:
    """One conditional expression for each tree.

    Args:
        trees: The trees.
        source: The feature vector in the code of a row.
    """

    trees: TreeEnsemble
    source: Vector

    def emit_sums(self, code: CodeWriter) -> list[str]:
        """Add the sum of the leaf values to the code; return one expression for each component."""
        expressions = build_tree_expressions(self.trees, self.source, code)
        width = self.trees.leaves.shape[1]
        if width == 1:
            return [_emit_sum(expressions, code)]
        leaves = [code.assign(expression) for expression in expressions]
        return [code.assign(" + ".join(f"{leaf}[{index}]" for leaf in leaves)) for index in range(width)]


def build_tree_expressions(trees: TreeEnsemble, source: Vector, code: CodeWriter) -> list[str]:
    """Return the leaf value of each tree as an expression over variables that are bound in the code."""
    features, roots = bind_features(trees, source, code), trees.roots.tolist()
    replace_subtree = (
        LazySubtrees(trees, features, code, build_subtree_expression).call
        if len(trees.node_type) > MAX_EAGER_NODES
        else None
    )
    return [build_subtree_expression(trees, root, features, code, replace_subtree) for root in roots]


def build_subtree_expression(
    trees: TreeEnsemble,
    node: int,
    features: Mapping[int, Feature],
    code: CodeWriter,
    replace_subtree: Callable[[int], str | None] | None = None,
) -> str:
    """Return the leaf value of a subtree as nested conditional expressions.

    Args:
        trees: The trees.
        node: Root of the subtree.
        features: Tested slots in the code.
        code: Receives sets of categories as constants.
        replace_subtree: Returns an expression to use instead of a subtree, or None.

    Raises:
        ModelError: The subtree is too deep for Python's parser.
    """

    def expression(node: int, depth: int) -> str:
        if replace_subtree and (replacement := replace_subtree(node)):
            return replacement
        if trees.node_type.item(node) == LEAF:
            leaf = trees.leaves[node].tolist()
            return format_float(leaf[0]) if len(leaf) == 1 else f"({', '.join(map(format_float, leaf))})"
        if depth > _MAX_DEPTH:
            raise ModelError(f"A tree is deeper than {_MAX_DEPTH} levels.")
        feature = features[trees.feature.item(node)]
        split = resolve_split(trees, node, feature)
        if isinstance(split, int):
            return expression(split, depth + 1)
        if_true, if_false = expression(split.if_true, depth + 1), expression(split.if_false, depth + 1)
        return f"({if_true} if {get_operand(feature)} {format_comparison(split.limit, code)} else {if_false})"

    return expression(node, 0)


def _emit_sum(terms: list[str], code: CodeWriter) -> str:
    """Add a sum, evaluated from left to right, and return its variable."""
    total = code.assign(" + ".join(terms[:_MAX_TERMS]))
    for start in range(_MAX_TERMS, len(terms), _MAX_TERMS):
        total = code.assign(" + ".join([total, *terms[start : start + _MAX_TERMS]]))
    return total
